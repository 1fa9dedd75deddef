import type { Input } from '../../../aws/sdk-types.ts'
import type { LogsDeps, LogsOperation } from '../deps.ts'
import { invalidParameter, streamNotFound } from '../errors.ts'
import { compiledPattern } from '../filter-pattern.ts'
import { expiredBefore, type LogGroup } from '../group.ts'
import { formatToken, parseToken } from '../list-token.ts'
import { findGroup } from '../lookup.ts'
import { formatPosition, type Position, parsePosition } from '../position.ts'
import { type ScannedEvent, scanEvents } from '../scan.ts'
import type { Direction, StreamChoice } from '../store.ts'
import { Page } from './get-log-events.ts'

type FilterInput = Input<typeof import('@aws-sdk/client-cloudwatch-logs'), 'FilterLogEvents'>

const PAGE_EVENTS_MAX = 10_000
/** Characters looked at for one answer: a pattern that nothing matches must not read a whole group in one go. */
const SCANNED_MAX = 32 * 1024 * 1024
/** Latest first is offered for events from 2024 on (API reference). */
const LATEST_FIRST_FROM = Date.UTC(2024, 0, 1)

export const filterLogEvents: LogsOperation<'FilterLogEvents'> = async (deps, input, call) => {
  refuseContradictions(input)
  const matches = compiledPattern(input.filterPattern)
  await deps.ingest.flush()
  const group = await findGroup(deps, input, call)
  const streams = await chosenStreams(deps, group, input)

  const question = ['FilterLogEvents', group.id, streams, input.startTime, input.endTime, input.filterPattern]
  const token = parseToken(input.nextToken, question, isFilterToken)
  const direction = token?.[0] ?? (input.startFromHead === false ? 'backward' : 'forward')
  const events: ScannedEvent[] = []
  const page = new Page(input.limit ?? PAGE_EVENTS_MAX)
  let scanned = 0
  let goOnAfter: Position | undefined
  let last: Position | undefined
  const range = {
    groupId: group.id,
    streams,
    from: Math.max(input.startTime ?? 0, expiredBefore(group, deps.clock.now())),
    to: input.endTime ?? Number.MAX_SAFE_INTEGER,
    direction,
    after: token && parsePosition(token[1]),
  }
  await scanEvents(deps.store, range, (event) => {
    const isWanted = matches(event.message)
    if (scanned > SCANNED_MAX || (isWanted && !page.takes(event))) {
      goOnAfter = last
      return 'stop'
    }
    if (isWanted) events.push(event)
    scanned += event.message.length
    last = event
    return 'more'
  })
  const nextToken = goOnAfter && formatToken(question, [direction, formatPosition(goOnAfter)])
  return {
    events: await shown(deps, events),
    // AWS leaves it empty since it searches all streams at once.
    searchedLogStreams: [],
    ...(nextToken && { nextToken }),
  }
}

function refuseContradictions(input: FilterInput): void {
  const { startTime, endTime } = input
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined)
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.')
  if (startTime !== undefined && endTime !== undefined && startTime > endTime)
    throw invalidParameter('startTime must not be after endTime.')
  if (input.startFromHead === false && (startTime ?? 0) < LATEST_FIRST_FROM)
    throw invalidParameter('startFromHead can be false only with a startTime of 2024 or later.')
}

async function chosenStreams(deps: LogsDeps, group: LogGroup, input: FilterInput): Promise<StreamChoice> {
  if (input.logStreamNamePrefix !== undefined) return { prefix: input.logStreamNamePrefix }
  if (input.logStreamNames === undefined) return 'all'
  const names = new Set(input.logStreamNames)
  const streams = await deps.store.findStreams(group.id, [...names])
  if (streams.length < names.size) throw streamNotFound()
  return { ids: streams.map(({ id }) => id) }
}

async function shown({ store }: LogsDeps, events: readonly ScannedEvent[]) {
  const names = await store.streamNames([...new Set(events.map(({ streamId }) => streamId))])
  return events.map((event) => ({
    logStreamName: names.get(event.streamId) ?? '',
    timestamp: event.timestamp,
    message: event.message,
    ingestionTime: event.ingestedAt,
    eventId: formatPosition(event),
  }))
}

function isFilterToken(value: unknown): value is [Direction, string] {
  if (!Array.isArray(value) || typeof value[1] !== 'string') return false
  return (value[0] === 'forward' || value[0] === 'backward') && parsePosition(value[1]) !== undefined
}
