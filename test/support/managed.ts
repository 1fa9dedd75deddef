import {
  CreateCapacityProviderCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda'
import { realClock } from '../../src/base/clock.ts'
import { ROLE } from './platform.ts'

/** Makes a Node function on a provider of its own, published as `$LATEST.PUBLISHED`. */
export async function createManaged(
  lambda: LambdaClient,
  FunctionName: string,
  concurrency: number,
  options: Partial<CreateFunctionCommandInput> & Pick<CreateFunctionCommandInput, 'Code'>,
): Promise<void> {
  const { CapacityProvider } = await lambda.send(
    new CreateCapacityProviderCommand({
      CapacityProviderName: `provider-of-${FunctionName}`,
      VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: [] },
      PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
    }),
  )
  const program = options.PackageType === 'Image' ? {} : { Runtime: 'nodejs24.x', Handler: 'index.handler' }
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      ...(program as object),
      Role: ROLE,
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: {
          CapacityProviderArn: CapacityProvider?.CapacityProviderArn ?? '',
          PerExecutionEnvironmentMaxConcurrency: concurrency,
        },
      },
      ...options,
    }),
  )
  await publishLatest(lambda, FunctionName)
}

/** As soon as the function is not Pending any more. */
export async function publishLatest(lambda: LambdaClient, FunctionName: string): Promise<void> {
  await eventually(() =>
    lambda.send(new PublishVersionCommand({ FunctionName, PublishTo: 'LATEST_PUBLISHED' })),
  )
}

/** Tries until it succeeds, some seconds long. */
export async function eventually<Result>(check: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await check()
    } catch (error) {
      if (tries >= 100) throw error
      await realClock.sleep(30)
    }
  }
}
