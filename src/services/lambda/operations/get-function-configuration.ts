import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { findVersion } from '../find.ts'
import { readFunctionName } from '../function-name.ts'
import { showVersion } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

export const getFunctionConfiguration: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionConfiguration'>,
  LambdaOutput<'GetFunctionConfiguration'>
> = async (deps, input, call) => {
  const reference = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  return showVersion(await findVersion(deps, reference), reference.qualifier)
}
