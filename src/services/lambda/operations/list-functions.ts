import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import { readPage } from '../paging.ts'
import { showListed } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

type ListFunctionsOutput = LambdaOutput<'ListFunctions'>

/** `$LATEST` of each function, or with FunctionVersion ALL every version. */
export const listFunctions: Operation<LambdaDeps, LambdaInput<'ListFunctions'>, ListFunctionsOutput> = async (
  { functions },
  input,
  call,
) => {
  const isAll = input.FunctionVersion === 'ALL'
  if (input.MasterRegion !== undefined && !isAll)
    throw invalidParameter('MasterRegion must be given together with FunctionVersion ALL.')
  // Asks for what Lambda@Edge has replicated from there: nothing is.
  if (input.MasterRegion !== undefined) return { Functions: [] }
  return isAll ? listAll() : listLatest()

  async function listLatest(): Promise<ListFunctionsOutput> {
    const { items, next } = await readPage(
      input,
      1,
      (page) => functions.listFunctions(call, page),
      ({ name }) => [name],
    )
    return { Functions: items.map((version) => showListed(version)), ...next }
  }

  async function listAll(): Promise<ListFunctionsOutput> {
    const { items, next } = await readPage(
      input,
      2,
      (page) => functions.listAllVersions(call, page),
      ({ name, version }) => [name, version],
    )
    return { Functions: items.map((version) => showListed(version, version.version)), ...next }
  }
}
