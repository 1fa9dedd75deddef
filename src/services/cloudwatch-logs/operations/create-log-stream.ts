import type { LogsOperation } from '../deps.ts'
import { streamAlreadyExists } from '../errors.ts'
import { groupNamed } from '../lookup.ts'

export const createLogStream: LogsOperation<'CreateLogStream'> = async (deps, input, call) => {
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  const stream = { name: input.logStreamName ?? '', createdAt: deps.clock.now() }
  if (!(await deps.store.createStream(group.id, stream))) throw streamAlreadyExists()
  return {}
}
