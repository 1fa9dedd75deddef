import type { Clock, Timer } from '../../base/clock.ts'
import type { LogStore } from './store.ts'

export interface LogExpiry {
  start(): void
  /** Resolves once a removal that is under way has ended. */
  stop(): Promise<void>
}

/** Readers do not see what has expired; its space is given back within the hour. */
const EVERY_MS = 3_600_000

/** Removes what the groups' retention says is over, every hour. Nodes may do so side by side. */
export function createLogExpiry(deps: {
  readonly store: LogStore
  readonly clock: Clock
  readonly reportFault: (error: unknown) => void
}): LogExpiry {
  const { store, clock, reportFault } = deps
  let timer: Timer | undefined
  let running: Promise<void> | undefined
  let isStopped = false

  const schedule = () => {
    timer = clock.after(EVERY_MS, () => {
      running = removeAll().finally(() => {
        running = undefined
        if (!isStopped) schedule()
      })
    })
    timer.unref()
  }
  const removeAll = async () => {
    try {
      // In steps, so that writers get their turn between them.
      while (!isStopped && (await store.removeExpired(clock.now())) > 0);
    } catch (error) {
      reportFault(error)
    }
  }
  return {
    start: schedule,
    stop: async () => {
      isStopped = true
      timer?.cancel()
      await running
    },
  }
}
