import { AwsError } from '../../../aws/error.ts'
import type { LogsOperation } from '../deps.ts'
import { groupNamed } from '../lookup.ts'

export const deleteLogGroup: LogsOperation<'DeleteLogGroup'> = async (deps, input, call) => {
  const name = input.logGroupName ?? ''
  // What was written before the deletion must not make the group anew after it.
  await deps.ingest.flush()
  const group = await groupNamed(deps, name, call)
  if (group.isDeletionProtected)
    throw new AwsError('ValidationException', 'The log group has deletion protection enabled.')
  await deps.store.deleteGroup(group)
  return {}
}
