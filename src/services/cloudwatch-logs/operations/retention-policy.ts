import type { LogsOperation } from '../deps.ts'
import { groupNotFound, invalidParameter } from '../errors.ts'
import { RETENTION_DAYS } from '../group.ts'

export const putRetentionPolicy: LogsOperation<'PutRetentionPolicy'> = async ({ store }, input, call) => {
  const retentionDays = input.retentionInDays ?? 0
  if (!RETENTION_DAYS.includes(retentionDays))
    throw invalidParameter(
      `1 validation error detected: Value '${retentionDays}' at 'retentionInDays' failed to satisfy ` +
        `constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`,
    )
  const { accountId, region } = call
  const key = { accountId, region, name: input.logGroupName ?? '' }
  if (!(await store.changeGroup(key, { retentionDays }))) throw groupNotFound()
  return {}
}

export const deleteRetentionPolicy: LogsOperation<'DeleteRetentionPolicy'> = async (
  { store },
  input,
  call,
) => {
  const { accountId, region } = call
  const key = { accountId, region, name: input.logGroupName ?? '' }
  if (!(await store.changeGroup(key, { retentionDays: null }))) throw groupNotFound()
  return {}
}
