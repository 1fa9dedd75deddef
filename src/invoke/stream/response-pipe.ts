import type { Clock } from '../../base/clock.ts'
import type { ResponseStream } from '../../wire/response-stream.ts'
import { Pace } from './pace.ts'

/** AWS Lambda Developer Guide, "Lambda quotas": a streamed response. */
const RESPONSE_BYTES_MAX = 200 * 1024 * 1024

export interface ResponsePipeOptions {
  readonly clock: Clock
  /** Behind the first 6 MB; 0: no limit. */
  readonly bytesPerSecond: number
  readonly bytesMax?: number
}

/**
 * A streamed response between the environment that makes it and the one caller who reads it. It holds what was read
 * from the runtime at once (64 KB), no more: until that is taken, and until its time has come, the runtime waits. A
 * caller who goes away does not end the function (Developer Guide, "Response streaming"): what it makes is dropped.
 */
export class ResponsePipe implements ResponseStream {
  readonly bytesMax: number
  readonly #clock: Clock
  readonly #pace: Pace
  readonly #begun = Promise.withResolvers<string>()
  #hasBegun = false
  readonly #pieces: Uint8Array[] = []
  /** The caller waits for the next piece. */
  #reader: ((piece: Uint8Array | undefined) => void) | undefined
  /** The runtime waits until there is room. */
  #room: PromiseWithResolvers<void> | undefined
  #isOver = false

  constructor({ clock, bytesPerSecond, bytesMax = RESPONSE_BYTES_MAX }: ResponsePipeOptions) {
    this.bytesMax = bytesMax
    this.#clock = clock
    this.#pace = new Pace(clock, bytesPerSecond)
  }

  /** Resolves with its content type when the function begins to stream, which it need not do. */
  get begun(): Promise<string> {
    return this.#begun.promise
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  begin(contentType: string): void {
    this.#hasBegun = true
    this.#begun.resolve(contentType)
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isOver) return undefined
    const reader = this.#reader
    this.#reader = undefined
    if (reader === undefined) this.#pieces.push(bytes)
    else reader(bytes)
    const waitMs = this.#pace.spend(bytes.length)
    if (waitMs === 0 && this.#pieces.length === 0) return undefined
    return this.#wait(waitMs)
  }

  /** The next piece, or nothing behind the last. */
  read(): Promise<Uint8Array | undefined> {
    const piece = this.#pieces.shift()
    if (this.#pieces.length === 0) this.#room?.resolve()
    if (piece !== undefined || this.#isOver) return Promise.resolve(piece)
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  /** There are no more pieces than those that were written. */
  end(): void {
    this.#isOver = true
    this.#reader?.(undefined)
    this.#reader = undefined
  }

  /** The caller is gone. */
  abandon(): void {
    this.#pieces.length = 0
    this.#room?.resolve()
    this.end()
  }

  async #wait(ms: number): Promise<void> {
    const due = this.#clock.elapsed() + ms
    if (this.#pieces.length > 0) {
      this.#room ??= Promise.withResolvers()
      await this.#room.promise
      this.#room = undefined
    }
    const left = due - this.#clock.elapsed()
    if (left > 0 && !this.#isOver) await this.#clock.sleep(left)
  }
}
