import type { LogsOperation } from '../deps.ts'
import { groupNotFound, invalidParameter } from '../errors.ts'
import { findGroup } from '../lookup.ts'

export const putLogGroupDeletionProtection: LogsOperation<'PutLogGroupDeletionProtection'> = async (
  deps,
  input,
  call,
) => {
  if (input.deletionProtectionEnabled === undefined)
    throw invalidParameter('deletionProtectionEnabled is required.')
  const group = await findGroup(deps, { logGroupIdentifier: input.logGroupIdentifier }, call)
  const isDeletionProtected = input.deletionProtectionEnabled
  if (!(await deps.store.changeGroup(group, { isDeletionProtected }))) throw groupNotFound()
  return {}
}
