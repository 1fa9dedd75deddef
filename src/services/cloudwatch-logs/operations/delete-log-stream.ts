import type { LogsOperation } from '../deps.ts'
import { findStream, groupNamed } from '../lookup.ts'

export const deleteLogStream: LogsOperation<'DeleteLogStream'> = async (deps, input, call) => {
  await deps.ingest.flush()
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  const stream = await findStream(deps, group, input.logStreamName ?? '')
  await deps.store.deleteStream(stream.id)
  return {}
}
