import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { findFunction } from '../find.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { readPage } from '../paging.ts'
import { showListed } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** `$LATEST` first, then by number. */
export const listVersionsByFunction: Operation<
  LambdaDeps,
  LambdaInput<'ListVersionsByFunction'>,
  LambdaOutput<'ListVersionsByFunction'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  await findFunction(deps, key)
  const { items, next } = await readPage(
    input,
    1,
    (page) => deps.functions.listVersions(key, page),
    ({ version }) => [version],
  )
  return { Versions: items.map((version) => showListed(version, version.version)), ...next }
}
