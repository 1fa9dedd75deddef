import { cpus } from 'node:os'
import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import type { Clock } from './clock.ts'

/** Looking costs a tenth of a millisecond, and the system counts in hundredths of a second. */
const WINDOW_MS = 100
/** With less rest than this it is what everybody waits for. */
const REST_MIN = 0.1

/**
 * Whether there is any processor time to spare: on this thread, and on the machine. Where there is none, starting
 * more of anything makes all that runs slower.
 */
export class Saturation {
  readonly #clock: Clock
  readonly #awakeMs: () => number
  #awakeBefore = 0
  #loop = performance.eventLoopUtilization()
  #machine = machineTimes()
  #lookedAt: number
  #isSaturated = false

  /** `awakeMs`: how long, so far, the loop has been awake for nothing, which is rest (`Linger`). */
  constructor(clock: Clock, awakeMs: () => number = () => 0) {
    this.#clock = clock
    this.#awakeMs = awakeMs
    this.#lookedAt = clock.elapsed()
  }

  /** As of the last look, which is a tenth of a second old at most where this is asked often. */
  get isSaturated(): boolean {
    const now = this.#clock.elapsed()
    if (now - this.#lookedAt >= WINDOW_MS) {
      this.#lookedAt = now
      this.#isSaturated = Math.min(this.#restOfLoop(), this.#restOfMachine()) < REST_MIN
    }
    return this.#isSaturated
  }

  #restOfLoop(): number {
    const before = this.#loop
    this.#loop = performance.eventLoopUtilization()
    const awakeBefore = this.#awakeBefore
    this.#awakeBefore = this.#awakeMs()
    const times = performance.eventLoopUtilization(this.#loop, before)
    return restOf(times, this.#awakeBefore - awakeBefore)
  }

  #restOfMachine(): number {
    const before = this.#machine
    this.#machine = machineTimes()
    const all = this.#machine.all - before.all
    return all === 0 ? 1 : (this.#machine.idle - before.idle) / all
  }
}

/** The share of its time in which an event loop had nothing to do. */
export function restOf(
  { active, idle }: Pick<EventLoopUtilization, 'active' | 'idle'>,
  awakeMs: number,
): number {
  return (idle + awakeMs) / Math.max(Number.MIN_VALUE, active + idle)
}

/** Of all processors together. */
function machineTimes(): { readonly idle: number; readonly all: number } {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.idle + times.user + times.sys + times.nice + times.irq
  }
  return { idle, all }
}
