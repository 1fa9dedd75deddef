import { LOG_EVENT_OVERHEAD_BYTES, type LogEvent, type LogTarget } from '../../wire/log-event.ts'

/** What a session wants to see. */
export interface LiveTailFilter {
  readonly accountId: string
  readonly region: string
  readonly groups: readonly string[]
  readonly matchesStream: (stream: string) => boolean
  readonly matchesMessage: (message: string) => boolean
}

export interface LiveTailEvent extends LogEvent {
  readonly group: string
  readonly stream: string
  readonly ingestedAt: number
}

/** AWS's own limits: events of one update, and sessions at once in one account and region. */
const UPDATE_EVENTS_MAX = 500
const SESSIONS_MAX = 15
/** Bytes held for one update: a client that reads slowly must not make us keep 500 events of 1 MB. */
const UPDATE_BYTES_MAX = 4 * 1024 * 1024

/** One reader of events as they come in; it holds what came since the last update. */
export class LiveTailSession {
  readonly filter: LiveTailFilter
  #events: LiveTailEvent[] = []
  #bytes = 0
  #isSampled = false

  constructor(filter: LiveTailFilter) {
    this.filter = filter
  }

  offer(target: LogTarget, events: readonly LogEvent[], now: number): void {
    if (!this.filter.matchesStream(target.stream)) return
    for (const { timestamp, message } of events) {
      if (!this.filter.matchesMessage(message)) continue
      if (!this.#hasRoom()) {
        this.#isSampled = true
        return
      }
      this.#events.push({ timestamp, message, group: target.group, stream: target.stream, ingestedAt: now })
      this.#bytes += message.length + LOG_EVENT_OVERHEAD_BYTES
    }
  }

  /** What came since the last time, and whether more came than one update holds. */
  take(): { events: LiveTailEvent[]; isSampled: boolean } {
    const taken = { events: this.#events, isSampled: this.#isSampled }
    this.#events = []
    this.#bytes = 0
    this.#isSampled = false
    return taken
  }

  #hasRoom(): boolean {
    return this.#events.length < UPDATE_EVENTS_MAX && this.#bytes < UPDATE_BYTES_MAX
  }
}

/** The sessions of this node, and what each log group's newcomers must be shown to. */
export class LiveTails {
  readonly #sessions = new Map<string, Set<LiveTailSession>>()

  /** Undefined where the account has as many sessions as it may. */
  open(filter: LiveTailFilter): LiveTailSession | undefined {
    if (this.#countOf(filter) >= SESSIONS_MAX) return undefined
    const session = new LiveTailSession(filter)
    for (const group of filter.groups) {
      const key = keyOf({ ...filter, group })
      const watching = this.#sessions.get(key) ?? new Set()
      this.#sessions.set(key, watching.add(session))
    }
    return session
  }

  close(session: LiveTailSession): void {
    for (const group of session.filter.groups) {
      const key = keyOf({ ...session.filter, group })
      const watching = this.#sessions.get(key)
      watching?.delete(session)
      if (watching?.size === 0) this.#sessions.delete(key)
    }
  }

  publish(target: LogTarget, events: readonly LogEvent[], now: number): void {
    if (this.#sessions.size === 0) return
    for (const session of this.#sessions.get(keyOf(target)) ?? []) session.offer(target, events, now)
  }

  #countOf({ accountId, region }: LiveTailFilter): number {
    const sessions = new Set([...this.#sessions.values()].flatMap((watching) => [...watching]))
    return [...sessions].filter(({ filter }) => filter.accountId === accountId && filter.region === region)
      .length
  }
}

function keyOf({ accountId, region, group }: Omit<LogTarget, 'stream'>): string {
  return `${accountId}/${region}/${group}`
}
