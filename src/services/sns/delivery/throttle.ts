import type { Clock } from '../../../base/clock.ts'

interface Pace {
  /** From when on the next message may go. */
  free: number
  /** Behind the last that was put off. */
  last: number
}

/** Subscriptions that are remembered; one that is forgotten may get a message too soon. */
const REMEMBERED_MAX = 1000

/** Keeps endpoints from getting more messages a second than they want, each by itself and on this node. */
export class Throttle {
  readonly #clock: Pick<Clock, 'now'>
  readonly #paces = new Map<string, Pace>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Undefined where the message may go now; else when to ask again, in milliseconds since the epoch. */
  postponedUntil(subscription: string, perSecond: number): number | undefined {
    const now = this.#clock.now()
    const interval = 1000 / perSecond
    const pace = this.#paceOf(subscription, now)
    if (pace.free <= now) {
      // What a timer is late is caught up, up to a second.
      pace.free = Math.max(pace.free, now - 1000) + interval
      return undefined
    }
    pace.last = Math.max(pace.last + interval, pace.free)
    return Math.ceil(pace.last)
  }

  #paceOf(subscription: string, now: number): Pace {
    const pace = this.#paces.get(subscription) ?? { free: now, last: now }
    if (pace.last < now) pace.last = now
    this.#paces.delete(subscription)
    this.#paces.set(subscription, pace)
    if (this.#paces.size > REMEMBERED_MAX) {
      const [oldest = ''] = this.#paces.keys()
      this.#paces.delete(oldest)
    }
    return pace
  }
}
