import { AwsError } from '../../aws/error.ts'
import { batchEntryIdsNotDistinct, emptyBatch, invalidBatchEntryId, tooManyEntries } from './errors.ts'

const ENTRIES_MAX = 10

interface Entry {
  readonly Id: string | undefined
}

/** Refusals of a batch as a whole. */
export function checkBatch<E extends Entry>(
  entries: readonly E[] | undefined,
  entryName: string,
): readonly E[] {
  if (entries === undefined || entries.length === 0) throw emptyBatch(entryName)
  if (entries.length > ENTRIES_MAX) throw tooManyEntries(ENTRIES_MAX, entries.length)
  const ids = new Set<string>()
  for (const { Id: id = '' } of entries) {
    if (!/^[\w-]{1,80}$/.test(id)) throw invalidBatchEntryId()
    if (ids.has(id)) throw batchEntryIdsNotDistinct(id)
    ids.add(id)
  }
  return entries
}

/** A refusal of one entry, as it stands in the answer to its batch: by the code that Query would have. */
export function failedEntry({ Id }: Entry, error: unknown) {
  if (!(error instanceof AwsError)) throw error
  const { queryCode, message, status = 400 } = error
  return { Id, Code: queryCode, Message: message, SenderFault: status < 500 }
}
