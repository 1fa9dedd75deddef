import type { Operation } from '../../../aws/operation.ts'
import { codeLocation } from '../code-door.ts'
import type { LambdaDeps } from '../deps.ts'
import { findFunction, findVersion } from '../find.ts'
import type { Code } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { showVersion } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

export const getFunction: Operation<
  LambdaDeps,
  LambdaInput<'GetFunction'>,
  LambdaOutput<'GetFunction'>
> = async (deps, input, call) => {
  const reference = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const version = await findVersion(deps, reference)
  const head = await findFunction(deps, reference.key)
  const { reservedConcurrency: reserved } = head
  return {
    Configuration: showVersion(version, reference.qualifier),
    Code: codeOf(deps, call.endpoint, version.code),
    // Both are left out where there are none.
    ...(Object.keys(head.tags).length > 0 && { Tags: { ...head.tags } }),
    ...(reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: reserved } }),
  }
}

function codeOf(
  deps: LambdaDeps,
  endpoint: string,
  { sha256, image }: Code,
): LambdaOutput<'GetFunction'>['Code'] {
  if (image === undefined) return { RepositoryType: 'S3', Location: codeLocation(deps, endpoint, sha256) }
  return {
    RepositoryType: 'ECR',
    ImageUri: image.uri,
    ...(image.pulled && { ResolvedImageUri: image.pulled.resolvedUri }),
  }
}
