import type { Operation } from '../../../aws/operation.ts'
import { aliasNotFound } from '../aliases.ts'
import type { LambdaDeps } from '../deps.ts'
import { findFunction } from '../find.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { showAlias } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

export const getAlias: Operation<LambdaDeps, LambdaInput<'GetAlias'>, LambdaOutput<'GetAlias'>> = async (
  deps,
  input,
  call,
) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const name = input.Name ?? ''
  await findFunction(deps, key)
  const alias = await deps.functions.findAlias(key, name)
  if (alias === undefined) throw aliasNotFound(key, name)
  return showAlias(alias)
}
