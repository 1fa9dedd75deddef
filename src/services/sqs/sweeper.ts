import type { Clock, Timer } from '../../base/clock.ts'
import type { MessageStore } from './store.ts'

/** AWS promises no moment at which a message that has expired is gone; receives pass over it at once. */
const SWEEP_MS = 60_000
/** Messages that one write removes, so that others come between. */
const STEP = 1000

export interface Sweeper {
  start(): void
  stop(): Promise<void>
}

/** Removes what has expired, and what deleted queues left. Each node does; what one removes is gone for all. */
export function createSweeper(deps: {
  readonly store: Pick<MessageStore, 'sweep'>
  readonly clock: Clock
  readonly reportFault: (error: unknown) => void
}): Sweeper {
  const { store, clock, reportFault } = deps
  let timer: Timer | undefined
  let sweeping: Promise<void> | undefined
  let isStopped = false
  const sweep = async () => {
    try {
      while (!isStopped && !(await store.sweep(clock.now(), STEP)));
    } catch (error) {
      reportFault(error)
    }
    if (!isStopped) timer = clock.after(SWEEP_MS, begin).unref()
  }
  const begin = () => {
    sweeping = sweep()
  }
  return {
    start: begin,
    stop: async () => {
      isStopped = true
      timer?.cancel()
      await sweeping
    },
  }
}
