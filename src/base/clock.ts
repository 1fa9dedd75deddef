/**
 * Time, handed in. Nothing outside base/ reads the machine's clock or sets its timers, so that the whole
 * system runs on a `VirtualClock` in tests.
 */
export interface Clock {
  /** Milliseconds since the epoch, whole. */
  now(): number
  /** Milliseconds since some fixed moment, with a fraction; never steps back. For measuring durations. */
  elapsed(): number
  /** Calls `run` once, after `ms`. */
  after(ms: number, run: () => void): Timer
  /** Resolves after `ms`; rejects with the signal's reason when `signal` aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Timer {
  cancel(): void
  /** A timer that is kept quiet does not keep the process alive. */
  unref(): Timer
}

/** setTimeout takes 32 bits; longer waits are taken in steps. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, run) => new RealTimer(ms, run),
  sleep: (ms, signal) => sleepOn(realClock, ms, signal),
}

class RealTimer implements Timer {
  #handle: NodeJS.Timeout
  #quiet = false

  constructor(ms: number, run: () => void) {
    this.#handle = this.#schedule(ms, run)
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }

  unref(): Timer {
    this.#quiet = true
    this.#handle.unref()
    return this
  }

  #schedule(ms: number, run: () => void): NodeJS.Timeout {
    if (ms <= LONGEST_TIMEOUT_MS) return setTimeout(run, ms)
    return setTimeout(() => {
      this.#handle = this.#schedule(ms - LONGEST_TIMEOUT_MS, run)
      if (this.#quiet) this.#handle.unref()
    }, LONGEST_TIMEOUT_MS)
  }
}

/** A clock that stands still until it is advanced. */
export class VirtualClock implements Clock {
  #now: number
  #waiting: { at: number; order: number; run: () => void }[] = []
  #order = 0

  constructor(startsAt = Date.UTC(2026, 0, 1)) {
    this.#now = startsAt
  }

  now(): number {
    return Math.trunc(this.#now)
  }

  elapsed(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, ms), order: this.#order++, run }
    this.#waiting.push(entry)
    const timer: Timer = {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry)
      },
      unref: () => timer,
    }
    return timer
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal)
  }

  /** Moves time on by `ms`, running what falls due in its order, and letting promises settle between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await settled()
      const next = this.#waiting.sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (next === undefined || next.at > until) break
      this.#waiting.shift()
      this.#now = next.at
      next.run()
    }
    this.#now = until
    await settled()
  }
}

/** Until the microtasks and the immediate callbacks that are due now have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function sleepOn(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
