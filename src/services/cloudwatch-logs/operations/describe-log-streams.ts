import type { LogsOperation } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import { groupArn, type LogGroup } from '../group.ts'
import { formatToken, parseToken } from '../list-token.ts'
import { findGroup } from '../lookup.ts'
import type { LogStream } from '../stream.ts'

const PAGE_MAX = 50

export const describeLogStreams: LogsOperation<'DescribeLogStreams'> = async (deps, input, call) => {
  const { logStreamNamePrefix: prefix, orderBy = 'LogStreamName', descending = false } = input
  if (orderBy === 'LastEventTime' && prefix !== undefined)
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.')
  await deps.ingest.flush()
  const group = await findGroup(deps, input, call)

  const question = ['DescribeLogStreams', group.id, prefix, orderBy, descending]
  const after = parseToken(input.nextToken, question, isLastStream)
  const limit = input.limit ?? PAGE_MAX
  const list = { prefix, orderBy, descending, limit: limit + 1 }
  const found = await deps.store.listStreams(group.id, {
    ...list,
    after: after && { name: after[0], lastEventAt: after[1] },
  })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const nextToken =
    found.length > limit ? formatToken(question, [last?.name, last?.lastEventAt ?? 0]) : undefined
  return { logStreams: page.map((stream) => described(group, stream)), ...(nextToken && { nextToken }) }
}

function isLastStream(value: unknown): value is [string, number] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number'
}

function described(group: LogGroup, stream: LogStream) {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAt,
    arn: `${groupArn(group)}:log-stream:${stream.name}`,
    // AWS shows 0 for every stream since 2019; the group has the sum.
    storedBytes: 0,
    ...(stream.firstEventAt !== undefined && { firstEventTimestamp: stream.firstEventAt }),
    ...(stream.lastEventAt !== undefined && { lastEventTimestamp: stream.lastEventAt }),
    ...(stream.lastIngestedAt !== undefined && {
      lastIngestionTime: stream.lastIngestedAt,
      uploadSequenceToken: uploadSequenceToken(stream.lastIngestedAt),
    }),
  }
}

/** Nobody asks for it any more; older agents want to see one. */
export function uploadSequenceToken(at: number): string {
  return String(at).padEnd(56, '0')
}
