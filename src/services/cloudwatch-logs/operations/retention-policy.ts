import type { LogsOperation } from '../deps.ts'
import { groupNotFound, invalidParameter } from '../errors.ts'
import { RETENTION_DAYS } from '../group.ts'
import { groupNamed } from '../lookup.ts'

export const putRetentionPolicy: LogsOperation<'PutRetentionPolicy'> = async (deps, input, call) => {
  const retentionDays = input.retentionInDays ?? 0
  if (!RETENTION_DAYS.includes(retentionDays))
    throw invalidParameter(
      `1 validation error detected: Value '${retentionDays}' at 'retentionInDays' failed to satisfy ` +
        `constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`,
    )
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  if (!(await deps.store.changeGroup(group, { retentionDays }))) throw groupNotFound()
  return {}
}

export const deleteRetentionPolicy: LogsOperation<'DeleteRetentionPolicy'> = async (deps, input, call) => {
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  if (!(await deps.store.changeGroup(group, { retentionDays: null }))) throw groupNotFound()
  return {}
}
