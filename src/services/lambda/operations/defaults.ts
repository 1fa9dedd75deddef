import type { Operation } from '../../../aws/operation.ts'

import type { LambdaDeps } from '../deps.ts'
import { resourceNotFound } from '../errors.ts'
import { findFunction, findVersion } from '../find.ts'
import { functionArn, LATEST } from '../function.ts'
import { readFunctionName, readUnqualifiedName } from '../function-name.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

// What deploy tools read of every function and lambdad lets nobody set yet: the answers that AWS gives for a
// function that has never had it set.

/** Without a configuration AWS's answer has no members. */
export const getFunctionCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionCodeSigningConfig'>,
  Partial<LambdaOutput<'GetFunctionCodeSigningConfig'>>
> = async (deps, input, call) => {
  await findFunction(deps, readUnqualifiedName(input.FunctionName ?? '', call))
  return {}
}

export const getRuntimeManagementConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetRuntimeManagementConfig'>,
  LambdaOutput<'GetRuntimeManagementConfig'>
> = async (deps, input, call) => {
  const reference = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const version = await findVersion(deps, reference)
  return { UpdateRuntimeOn: 'Auto', FunctionArn: functionArn(reference.key, version.version) }
}

export const getFunctionRecursionConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionRecursionConfig'>,
  LambdaOutput<'GetFunctionRecursionConfig'>
> = async (deps, input, call) => {
  await findFunction(deps, readUnqualifiedName(input.FunctionName ?? '', call))
  return { RecursiveLoop: 'Terminate' }
}

export const getFunctionEventInvokeConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionEventInvokeConfig'>,
  never
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  if ((await deps.functions.find(key)) === undefined) throw resourceNotFound("The function doesn't exist.")
  const arn = functionArn(key, qualifier ?? LATEST)
  throw resourceNotFound(`The function ${arn} doesn't have an EventInvokeConfig`)
}

export const listFunctionEventInvokeConfigs: Operation<
  LambdaDeps,
  LambdaInput<'ListFunctionEventInvokeConfigs'>,
  LambdaOutput<'ListFunctionEventInvokeConfigs'>
> = async (deps, input, call) => {
  const { key } = readFunctionName(input.FunctionName ?? '', call)
  if ((await deps.functions.find(key)) === undefined) throw resourceNotFound("The function doesn't exist.")
  return { FunctionEventInvokeConfigs: [] }
}
