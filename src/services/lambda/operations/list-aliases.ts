import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { findFunction } from '../find.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { readPage } from '../paging.ts'
import { showAlias } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** By name; with FunctionVersion only the aliases that point to that version. */
export const listAliases: Operation<
  LambdaDeps,
  LambdaInput<'ListAliases'>,
  LambdaOutput<'ListAliases'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const { FunctionVersion: version } = input
  await findFunction(deps, key)
  const { items, next } = await readPage(
    input,
    1,
    (page) => deps.functions.listAliases(key, version === undefined ? page : { ...page, version }),
    ({ alias }) => [alias],
  )
  return { Aliases: items.map(showAlias), ...next }
}
