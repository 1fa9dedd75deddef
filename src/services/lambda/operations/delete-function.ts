import type { Operation } from '../../../aws/operation.ts'
import { changeFunction, type Editing, retiredBy } from '../change.ts'
import { collectCode } from '../code.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter, resourceConflict } from '../errors.ts'
import { isPublished, LATEST, type StoredAlias, type StoredVersion } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { codesOf } from '../versions.ts'

/**
 * Deletes a function with all it has, or one published version of it. A version that is not there counts as
 * deleted: AWS answers 204.
 */
export const deleteFunction: Operation<
  LambdaDeps,
  LambdaInput<'DeleteFunction'>,
  LambdaOutput<'DeleteFunction'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  if (qualifier === LATEST) throw latestStays()
  if (qualifier !== undefined && !isPublished(qualifier)) throw aliasesStay()

  const gone = await changeFunction(deps, key, (editing) =>
    qualifier === undefined ? deleteAll(editing) : deleteVersion(editing, qualifier),
  )
  if (qualifier === undefined) deps.forgetEvents(key)
  await collectCode(deps, gone.flatMap(codesOf))
  return { StatusCode: 204 }
}

async function deleteAll({ fn }: Editing): Promise<StoredVersion[]> {
  const versions = await fn.versions()
  await fn.retire(versions.flatMap((version) => retiredBy(version)))
  await fn.discardCode(versions.flatMap(codesOf))
  await fn.delete()
  return versions
}

async function deleteVersion({ fn }: Editing, number: string): Promise<StoredVersion[]> {
  const version = await fn.version(number)
  if (version === undefined) return []
  const aliases = (await fn.aliases()).filter((alias) => leadsTo(alias, number))
  if (aliases.length > 0) throw aliasesReference(aliases)
  await fn.retire(retiredBy(version))
  await fn.discardCode(codesOf(version))
  await fn.deleteVersion(number)
  await fn.savePolicy(number, [])
  await fn.deleteEventConfig(number)
  await fn.deleteProvisioned(number)
  return [version]
}

function leadsTo({ version, routing }: StoredAlias, number: string): boolean {
  return version === number || routing?.version === number
}

function latestStays() {
  return invalidParameter('$LATEST version cannot be deleted without deleting the function.')
}

function aliasesStay() {
  return invalidParameter('Deletion of aliases is not currently supported.')
}

function aliasesReference(aliases: readonly StoredAlias[]) {
  const names = aliases.map(({ alias }) => alias).join(', ')
  return resourceConflict(`Unable to delete version because the following aliases reference it: [${names}]`)
}
