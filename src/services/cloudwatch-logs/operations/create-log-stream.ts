import type { LogsOperation } from '../deps.ts'
import { invalidParameter, streamAlreadyExists } from '../errors.ts'
import { groupNamed } from '../lookup.ts'

export const createLogStream: LogsOperation<'CreateLogStream'> = async (deps, input, call) => {
  const name = input.logStreamName ?? ''
  // The model allows it, PostgreSQL does not.
  if (name.includes('\0')) throw invalidParameter('A log stream name cannot contain the character NUL.')
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  const stream = { name, createdAt: deps.clock.now() }
  if (!(await deps.store.createStream(group.id, stream))) throw streamAlreadyExists()
  return {}
}
