import type { Clock, Timer } from '../../base/clock.ts'
import type { Changes } from '../../store/changes.ts'

const TOPIC = 'sqs-messages'
/** Notices of one queue go out at most so often: each holds up other commits for a moment on PostgreSQL. */
const INTERVAL_MS = 25

/** How nodes tell each other that a queue has messages. */
export interface Announcements {
  tell(queueId: number): void
  /** Returns how to stop. `undefined`: any queue may have some. */
  listen(listener: (queueId: number | undefined) => void): () => void
  stop(): Promise<void>
}

export function announcements(deps: {
  readonly changes: Changes
  readonly clock: Clock
  readonly reportFault: (error: unknown) => void
}): Announcements {
  const { changes, clock, reportFault } = deps
  /** Queues that were told of a moment ago, and whether they must be again. */
  const recent = new Map<number, { timer: Timer; again: boolean }>()
  const underWay = new Set<Promise<void>>()
  const publish = (queueId: number) => {
    const publishing = changes
      .publish(TOPIC, String(queueId))
      .catch(reportFault)
      .finally(() => underWay.delete(publishing))
    underWay.add(publishing)
  }
  const tell = (queueId: number) => {
    const known = recent.get(queueId)
    if (known !== undefined) {
      known.again = true
      return
    }
    const timer = clock
      .after(INTERVAL_MS, () => {
        const { again = false } = recent.get(queueId) ?? {}
        recent.delete(queueId)
        if (again) tell(queueId)
      })
      .unref()
    recent.set(queueId, { timer, again: false })
    publish(queueId)
  }
  return {
    tell,
    listen: (listener) =>
      changes.subscribe(TOPIC, (key) => listener(key === undefined ? undefined : Number(key))),
    stop: async () => {
      for (const { timer } of recent.values()) timer.cancel()
      recent.clear()
      await Promise.all(underWay)
    },
  }
}
