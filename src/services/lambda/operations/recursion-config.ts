import type { Operation } from '../../../aws/operation.ts'
import { changeFunction } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { findFunction } from '../find.ts'
import { readUnqualifiedName } from '../function-name.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** What is done where the function is invoked over and over in one chain (Developer Guide, "Recursive loop detection"). */
export const putFunctionRecursionConfig: Operation<
  LambdaDeps,
  LambdaInput<'PutFunctionRecursionConfig'>,
  LambdaOutput<'PutFunctionRecursionConfig'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const recursiveLoop = input.RecursiveLoop ?? 'Terminate'
  await changeFunction(deps, key, ({ fn, head }) => fn.save({ ...head, recursiveLoop }))
  return { RecursiveLoop: recursiveLoop }
}

export const getFunctionRecursionConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionRecursionConfig'>,
  LambdaOutput<'GetFunctionRecursionConfig'>
> = async (deps, input, call) => {
  const found = await findFunction(deps, readUnqualifiedName(input.FunctionName ?? '', call))
  return { RecursiveLoop: found.recursiveLoop ?? 'Terminate' }
}
