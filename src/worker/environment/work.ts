import type { Clock } from '../../base/clock.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { Ending } from './reports.ts'

/** One invocation in an environment: its times, and the promise of its outcome. */
export class Work {
  readonly invocation: Invocation
  readonly #outcome = Promise.withResolvers<Outcome>()
  #ending: Ending | undefined
  /** By `Clock.elapsed`: when its time began to count. */
  startedAt = 0
  /** Milliseconds since the epoch. */
  deadlineMs = 0
  answeredAt: number | undefined
  producedBytes = 0
  startTold = false
  /** When the runtime was done, by `Clock.elapsed`, where that was told before extensions were. */
  runtimeDoneAt: number | undefined

  constructor(invocation: Invocation) {
    this.invocation = invocation
  }

  get requestId(): string {
    return this.invocation.requestId
  }

  get outcome(): Promise<Outcome> {
    return this.#outcome.promise
  }

  /** How it ended, as far as its answer tells. */
  get ending(): Ending {
    return this.#ending ?? { status: 'error' }
  }

  begin(clock: Clock, timeoutMs: number): void {
    this.startedAt = clock.elapsed()
    this.deadlineMs = clock.now() + timeoutMs
  }

  answer(ending: Ending, outcome: Outcome, at: number): void {
    this.#ending = ending
    this.answeredAt = at
    if (outcome.kind !== 'platform-error') this.producedBytes = outcome.payload.length
    this.#outcome.resolve(outcome)
  }

  /** Without effect where it was answered: the caller has its outcome already. */
  fail(outcome: Outcome): void {
    this.#outcome.resolve(outcome)
  }
}
