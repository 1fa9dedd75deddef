import type { Clock } from '../../base/clock.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { ResponseStream } from '../../wire/response-stream.ts'
import { truncatedResponse } from './payloads.ts'
import type { Ending } from './reports.ts'
import type { StreamedAnswer } from './streamed-answer.ts'

/** One invocation in an environment: its times, and the promise of its outcome. */
export class Work {
  readonly invocation: Invocation
  /** Who takes its response as it comes. */
  readonly stream: ResponseStream | undefined
  /** Its response, as soon as that is streamed. */
  streamed: StreamedAnswer | undefined
  readonly #outcome = Promise.withResolvers<Outcome>()
  #ending: Ending | undefined
  /** By `Clock.elapsed`: when its time began to count. */
  startedAt = 0
  /** Milliseconds since the epoch. */
  deadlineMs = 0
  /** When its response began, where that is streamed. */
  respondedAt: number | undefined
  answeredAt: number | undefined
  /** It has its outcome. */
  isOver = false
  producedBytes = 0
  startTold = false
  /** When the runtime was done, by `Clock.elapsed`, where that was told before extensions were. */
  runtimeDoneAt: number | undefined

  constructor(invocation: Invocation, stream?: ResponseStream) {
    this.invocation = invocation
    this.stream = stream
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
    const isWhole = this.respondedAt === undefined
    if (isWhole && outcome.kind !== 'platform-error') this.producedBytes = outcome.payload.length
    this.fail(outcome)
  }

  /** Without effect where it was answered: the caller has its outcome already. */
  fail(outcome: Outcome): void {
    this.isOver = true
    this.#outcome.resolve(outcome)
  }

  /** Its process ended, which may be heard before or after that its connection did: a response breaks off there. */
  lose(outcome: Outcome): void {
    this.fail(this.respondedAt === undefined ? outcome : truncatedResponse(this.requestId))
  }
}
