import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { findVersion } from '../find.ts'
import { functionArn } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

// What deploy tools read of every function and lambdad lets nobody set yet: the answers that AWS gives for a
// function that has never had it set.

export const getRuntimeManagementConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetRuntimeManagementConfig'>,
  LambdaOutput<'GetRuntimeManagementConfig'>
> = async (deps, input, call) => {
  const reference = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const version = await findVersion(deps, reference)
  return { UpdateRuntimeOn: 'Auto', FunctionArn: functionArn(reference.key, version.version) }
}
