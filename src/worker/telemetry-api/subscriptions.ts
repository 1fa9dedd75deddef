import type { Clock } from '../../base/clock.ts'
import type { PlatformEvent } from '../../wire/platform-event.ts'
import type { LogRecord } from '../../wire/worker.ts'
import type { Reply } from '../runtime-api/connection.ts'
import { AwakeTime, deliveryTo } from './delivery.ts'
import { Lines } from './lines.ts'
import type { Reach } from './reach.ts'
import { recordsOf, type Told } from './records.ts'
import { type Dropped, Subscriber } from './subscriber.ts'
import {
  type Api,
  InvalidSubscription,
  parseSubscription,
  type RecordType,
  type SchemaVersion,
  type Subscription,
} from './subscription.ts'

export type { Api } from './subscription.ts'

/** What happens before anybody has subscribed is kept for who does, up to this many records and characters. */
const EARLY_MAX = 1000
const EARLY_CHARACTERS_MAX = 256 * 1024

/** A subscription may be made again; each holds a connection and a buffer. */
const SUBSCRIPTIONS_MAX = 20

export interface SubscriptionsParts {
  readonly clock: Clock
  readonly reach: Reach
  /** The function logs in JSON. */
  readonly isJson: boolean
  readonly onSubscribed: (api: Api, name: string, types: readonly RecordType[]) => void
  readonly onDropped: (dropped: Dropped) => void
}

interface Subscribed extends Subscription {
  readonly name: string
  readonly subscriber: Subscriber
}

/** Who listens to what one environment tells, by the Telemetry API or by the Logs API before it. */
export class Subscriptions {
  readonly #parts: SubscriptionsParts
  readonly #time: AwakeTime
  #all: Subscribed[] = []
  /** Undefined once init is over. */
  #early: Told[] | undefined = []
  #earlyCharacters = 0
  readonly #lines: Record<'function' | 'extension', Lines>

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts
    this.#time = new AwakeTime(parts.clock)
    const linesOf = (type: 'function' | 'extension') => new Lines((text) => this.#tellLine(type, text))
    this.#lines = { function: linesOf('function'), extension: linesOf('extension') }
  }

  subscribe(api: Api, name: string, body: Uint8Array): Reply {
    if (this.#early === undefined) return { refused: closed(api) }
    try {
      const subscription = parseSubscription(api, Buffer.from(body).toString())
      this.#add(name, subscription)
      return { text: SUBSCRIBED }
    } catch (error) {
      if (!(error instanceof InvalidSubscription)) throw error
      return { refused: { status: 400, errorType: 'ValidationError', errorMessage: error.message } }
    }
  }

  /** Init is over: there are no further subscribers. */
  close(): void {
    this.#early = undefined
  }

  event(event: PlatformEvent): void {
    if (this.#isHeard) this.#tell({ type: 'platform', event })
  }

  /** Output, not cut at lines. */
  output(type: 'function' | 'extension', bytes: Uint8Array): void {
    if (this.#isHeard) this.#lines[type].push(bytes)
  }

  /** A log event that the runtime framed. */
  record({ text }: LogRecord): void {
    if (this.#isHeard) this.#tellLine('function', text.endsWith('\n') ? text.slice(0, -1) : text)
  }

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  /** Between invocations the environment may be frozen: no time counts. */
  rest(): void {
    this.#time.isAwake = false
  }

  wake(): void {
    this.#time.isAwake = true
  }

  /** Sends what there is. Resolves when all have taken it, or it was given up. */
  async flush(): Promise<void> {
    for (const lines of Object.values(this.#lines)) lines.flush()
    await Promise.all(this.#all.map(({ subscriber }) => subscriber.flush()))
  }

  stop(): void {
    this.#early = undefined
    for (const { subscriber } of this.#all.splice(0)) subscriber.close()
  }

  get #isHeard(): boolean {
    return this.#all.length > 0 || this.#early !== undefined
  }

  #add(name: string, subscription: Subscription): void {
    const before = this.#all.find((one) => one.name === name && one.api === subscription.api)
    if (before === undefined && this.#all.length >= SUBSCRIPTIONS_MAX)
      throw new InvalidSubscription('there are too many subscriptions')
    // A second subscription of an extension replaces its first.
    before?.subscriber.close()
    this.#all = this.#all.filter((one) => one !== before)
    const { clock, reach, onDropped } = this.#parts
    const delivery = deliveryTo(subscription.destination, reach, this.#time)
    const subscriber = new Subscriber(subscription.buffering, delivery, { clock, onDropped })
    const subscribed = { ...subscription, name, subscriber }
    this.#all.push(subscribed)
    for (const told of this.#early ?? []) give(subscribed, told, new Map())
    this.#parts.onSubscribed(subscription.api, name, subscription.types)
  }

  #tellLine(type: 'function' | 'extension', text: string): void {
    const time = new Date(this.#parts.clock.now()).toISOString()
    this.#tell({ type, time, text, isJson: this.#parts.isJson })
  }

  #tell(told: Told): void {
    this.#keepEarly(told)
    if (this.#all.length === 0) return
    // Subscribers to the same schema share its texts.
    const made = new Map<SchemaVersion, string[]>()
    for (const subscribed of this.#all) give(subscribed, told, made)
  }

  #keepEarly(told: Told): void {
    if (this.#early === undefined || this.#early.length >= EARLY_MAX) return
    this.#earlyCharacters += told.type === 'platform' ? 0 : told.text.length
    if (this.#earlyCharacters <= EARLY_CHARACTERS_MAX) this.#early.push(told)
  }
}

function give(
  { types, schemaVersion, subscriber }: Subscribed,
  told: Told,
  made: Map<SchemaVersion, string[]>,
): void {
  if (!types.includes(told.type)) return
  let records = made.get(schemaVersion)
  if (records === undefined) {
    records = recordsOf(told, schemaVersion)
    made.set(schemaVersion, records)
  }
  for (const record of records) subscriber.add(record)
}

const SUBSCRIBED = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"OK"'

function closed(api: Api) {
  return {
    status: 403 as const,
    errorType: `${api}.SubscriptionClosed`,
    errorMessage: `${api} API subscription is closed already`,
  }
}
