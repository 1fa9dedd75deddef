import type { TestContext } from 'node:test'
import { Lambda } from '@aws-sdk/client-lambda'
import { codeDoor } from '../../src/gateway/doors/code.ts'
import { type TestLambda, testLambda } from '../../src/services/lambda/testing.ts'
import { gateway } from '../gateway/gateway.ts'

export interface ControlPlane extends TestLambda {
  readonly client: Lambda
  readonly endpoint: string
  /** What the gateway could not explain. */
  readonly gatewayFaults: unknown[]
}

/** Lambda's control plane behind a gateway on a free port, and AWS's client for it. */
export async function controlPlane(t: TestContext): Promise<ControlPlane> {
  const lambda = await testLambda(t)
  const { client, endpoint, faults } = await gateway(
    t,
    { lambda: lambda.lambda.operations as never },
    { frontDoors: [codeDoor((target) => lambda.lambda.codeDoor(target))] },
  )
  const sdk = new Lambda({ ...client, region: 'eu-central-1' })
  t.after(() => sdk.destroy())
  return { ...lambda, client: sdk, endpoint, gatewayFaults: faults }
}
