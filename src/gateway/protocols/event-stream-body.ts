import { Readable } from 'node:stream'

export interface EventSource {
  /** A frame to begin with. */
  readonly first: Uint8Array | undefined
  readonly events: AsyncIterable<Record<string, unknown>>
  readonly encode: (event: Record<string, unknown>) => Uint8Array
  /** The frame that ends the stream when the events throw. */
  readonly encodeError: (error: unknown) => Uint8Array
}

/**
 * The events of an operation as a stream of bytes. The next event is asked for when the client has taken the
 * last one; when the client goes away, the operation's iterator is told with `return()` at once, also while
 * it waits for its next event.
 */
export class EventStreamBody extends Readable {
  readonly #source: EventSource
  readonly #iterator: AsyncIterator<Record<string, unknown>>
  #hasEnded = false
  #hasBegun = false

  constructor(source: EventSource) {
    // One event is in the socket, one waits: no more is held for a client that reads slowly.
    super({ highWaterMark: 1 })
    this.#source = source
    this.#iterator = source.events[Symbol.asyncIterator]()
  }

  override _read(): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      if (this.#source.first !== undefined) {
        this.push(this.#source.first)
        return
      }
    }
    this.#next().then(
      (frame) => {
        if (!this.destroyed) this.push(frame)
      },
      (error) => this.destroy(error),
    )
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#hasEnded) this.#endEvents()
    done(error)
  }

  #endEvents(): void {
    this.#hasEnded = true
    const tell = async () => this.#iterator.return?.()
    // What it answers, and whether it fails, matters to nobody any more.
    tell().catch(() => {})
  }

  /** The next frame, or null behind the last. */
  async #next(): Promise<Uint8Array | null> {
    if (this.#hasEnded) return null
    try {
      const { done, value } = await this.#iterator.next()
      if (!done) return this.#source.encode(value)
      this.#hasEnded = true
      return null
    } catch (error) {
      if (this.#hasEnded) return null
      this.#endEvents()
      return this.#source.encodeError(error)
    }
  }
}
