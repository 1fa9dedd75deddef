import { LOG_EVENT_OVERHEAD_BYTES } from '../../../wire/log-event.ts'
import type { LogsOperation } from '../deps.ts'
import { invalidNextToken, invalidParameter } from '../errors.ts'
import { expiredBefore } from '../group.ts'
import { findGroup, findStream } from '../lookup.ts'
import { formatPosition, type Position, parsePosition } from '../position.ts'
import { type ScannedEvent, scanEvents } from '../scan.ts'
import type { Direction } from '../store.ts'

const PAGE_EVENTS_MAX = 10_000
const PAGE_BYTES_MAX = 1024 * 1024

export const getLogEvents: LogsOperation<'GetLogEvents'> = async (deps, input, call) => {
  const { startTime = 0, endTime } = input
  if (endTime !== undefined && startTime > endTime)
    throw invalidParameter('startTime must not be after endTime.')
  const token = input.nextToken === undefined ? undefined : parseEventsToken(input.nextToken)
  await deps.ingest.flush()
  const group = await findGroup(deps, input, call)
  const stream = await findStream(deps, group, input.logStreamName ?? '')

  const direction = token?.direction ?? (input.startFromHead === true ? 'forward' : 'backward')
  const events: ScannedEvent[] = []
  const page = new Page(input.limit ?? PAGE_EVENTS_MAX)
  const range = {
    groupId: group.id,
    streams: { ids: [stream.id] },
    from: Math.max(startTime, expiredBefore(group, deps.clock.now())),
    // The end is not included here, as it is in FilterLogEvents.
    to: endTime === undefined ? Number.MAX_SAFE_INTEGER : endTime - 1,
    direction,
    after: token?.position,
  }
  await scanEvents(deps.store, range, (event) => {
    if (!page.takes(event)) return 'stop'
    events.push(event)
    return 'more'
  })
  if (direction === 'backward') events.reverse()
  return { events: events.map(shown), ...tokensOf(events, token, range.from) }
}

/** How much one answer holds: so many events, and of 1 MB. */
export class Page {
  #events: number
  #bytes = PAGE_BYTES_MAX

  constructor(events: number) {
    this.#events = events
  }

  /** The first event is always taken. */
  takes({ message }: { readonly message: string }): boolean {
    const size = Buffer.byteLength(message) + LOG_EVENT_OVERHEAD_BYTES
    if (this.#events === 0 || (size > this.#bytes && this.#bytes < PAGE_BYTES_MAX)) return false
    this.#events--
    this.#bytes -= size
    return true
  }
}

function shown({ timestamp, message, ingestedAt }: ScannedEvent) {
  return { timestamp, message, ingestionTime: ingestedAt }
}

interface EventsToken {
  readonly direction: Direction
  readonly position: Position
}

/** `f/<position>/s` is what comes after the position, `b/<position>/s` what comes before it. */
function parseEventsToken(token: string): EventsToken {
  const [, letter, digits = ''] = token.match(/^([fb])\/(\d{56})\/s$/) ?? []
  const position = parsePosition(digits)
  if (position === undefined) throw invalidNextToken()
  return { direction: letter === 'f' ? 'forward' : 'backward', position }
}

/** At the end of a stream the token that came is given back: so a client knows that it is there. */
function tokensOf(events: readonly ScannedEvent[], token: EventsToken | undefined, from: number) {
  const { first, last } = endsOf(events, token, from)
  return {
    nextForwardToken: `f/${formatPosition(last)}/s`,
    nextBackwardToken: `b/${formatPosition(first)}/s`,
  }
}

/** An empty page has both its ends where its token is; each lets the event at the other's place be read. */
function endsOf(events: readonly ScannedEvent[], token: EventsToken | undefined, from: number) {
  const [first, last] = [events[0], events.at(-1)]
  if (first !== undefined && last !== undefined) return { first, last }
  const start: Position = { timestamp: from, block: 0, index: -1 }
  const { position, direction } = token ?? { position: start, direction: 'forward' }
  if (direction === 'forward') return { last: position, first: { ...position, index: position.index + 1 } }
  return { first: position, last: { ...position, index: Math.max(-1, position.index - 1) } }
}
