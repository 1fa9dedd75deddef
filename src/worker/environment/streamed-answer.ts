import type { Clock } from '../../base/clock.ts'
import type { Outcome } from '../../wire/invocation.ts'
import type { ResponseStream } from '../../wire/response-stream.ts'
import { INVALID_REQUEST_ID, type Refusal, TOO_LARGE } from '../runtime-api/answers.ts'
import type { Answer, StreamedResponse } from '../runtime-api/routes.ts'
import { type FunctionError, responseTooLarge, truncatedResponse } from './payloads.ts'
import type { Ending } from './reports.ts'
import type { Work } from './work.ts'

const NO_BYTES = Buffer.alloc(0)

/**
 * Hands a response to who takes it as it comes, and answers the invocation when it ends: well, by an error of the
 * handler's, by being too large, or because the runtime's connection ended. What comes after that is dropped.
 */
export class StreamedAnswer implements StreamedResponse {
  readonly #work: Work
  readonly #to: ResponseStream
  readonly #clock: Clock
  /** The invocation has been answered. */
  readonly #onEnd: () => void
  #isTooLarge = false

  constructor(work: Work, to: ResponseStream, contentType: string, clock: Clock, onEnd: () => void) {
    this.#work = work
    this.#to = to
    this.#clock = clock
    this.#onEnd = onEnd
    work.respondedAt = clock.elapsed()
    to.begin(contentType)
  }

  take(piece: Buffer): Promise<void> | undefined {
    const work = this.#work
    if (work.isOver) return undefined
    const left = this.#to.bytesMax - work.producedBytes
    const fitting = piece.length > left ? piece.subarray(0, left) : piece
    work.producedBytes += fitting.length
    const full = fitting.length > 0 ? this.#to.write(fitting) : undefined
    if (piece.length > left) {
      this.#isTooLarge = true
      this.#breakOff(responseTooLarge(this.#to.bytesMax))
    }
    return full
  }

  end(failure: Answer | undefined): Refusal | undefined {
    if (this.#isTooLarge) return TOO_LARGE
    if (failure !== undefined) return this.fail(failure)
    if (this.#work.isOver) return INVALID_REQUEST_ID
    this.#answer({ status: 'success' }, { kind: 'success', payload: NO_BYTES, contentType: '' })
    return undefined
  }

  broken(): void {
    if (!this.#work.isOver) this.#breakOff(truncatedResponse(this.#work.requestId))
  }

  /** The handler failed, and said so behind its bytes or beside them. Returns why that is refused, if it is. */
  fail({ errorType, givenErrorType = errorType, bytes: payload }: Answer): Refusal | undefined {
    if (this.#work.isOver) return INVALID_REQUEST_ID
    const outcome = { kind: 'function-error', errorType: givenErrorType, payload } as const
    this.#answer({ status: 'failure', errorType }, outcome)
    return undefined
  }

  #breakOff(outcome: FunctionError): void {
    this.#answer({ status: 'error', errorType: outcome.errorType }, outcome)
  }

  #answer(ending: Ending, outcome: Outcome): void {
    this.#work.answer(ending, outcome, this.#clock.elapsed())
    this.#onEnd()
  }
}
