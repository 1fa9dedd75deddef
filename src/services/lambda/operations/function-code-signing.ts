import type { Operation } from '../../../aws/operation.ts'
import { changeFunction } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { codeSigningConfigGone, imagesAreNotSigned } from '../errors.ts'
import { findFunction } from '../find.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { codeSigningConfigArn, idOfArn } from '../signing/config.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** What is deployed from now on is checked; the code that is there stays. */
export const putFunctionCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'PutFunctionCodeSigningConfig'>,
  LambdaOutput<'PutFunctionCodeSigningConfig'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const arn = input.CodeSigningConfigArn ?? ''
  const { accountId, region } = call
  const config = await deps.codeSigning.find({ accountId, region, id: idOfArn(arn, call) })
  if (config === undefined) throw codeSigningConfigGone(arn)
  await changeFunction(deps, key, async ({ fn, latest }) => {
    if (latest.code.image !== undefined) throw imagesAreNotSigned()
    if (!(await fn.saveCodeSigning(config.id))) throw codeSigningConfigGone(arn)
  })
  return { CodeSigningConfigArn: arn, FunctionName: key.name }
}

/** Without a configuration AWS's answer has no members. */
export const getFunctionCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionCodeSigningConfig'>,
  Partial<LambdaOutput<'GetFunctionCodeSigningConfig'>>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  await findFunction(deps, key)
  const config = await deps.functions.findCodeSigning(key)
  return config === undefined
    ? {}
    : { CodeSigningConfigArn: codeSigningConfigArn(config), FunctionName: key.name }
}

export const deleteFunctionCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'DeleteFunctionCodeSigningConfig'>,
  LambdaOutput<'DeleteFunctionCodeSigningConfig'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  await changeFunction(deps, key, ({ fn }) => fn.saveCodeSigning(undefined))
  return {}
}
