import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { atEndOfTurn } from '../../base/end-of-turn.ts'

/**
 * Where the bytes go. A promise means full: nothing more is read until it resolves, and the writer waits as it
 * would on any full pipe.
 */
export type OutputConsumer = (bytes: Uint8Array) => Promise<void> | undefined

/**
 * The reading end of an environment's FIFO: a real pipe, so that functions can open /dev/stdout, which on a
 * socket they could not.
 */
export class OutputPipe {
  readonly #socket: Socket
  readonly #consume: OutputConsumer
  readonly #ended = Promise.withResolvers<void>()
  #full: Promise<void> | undefined
  /** Bytes, so far. */
  consumed = 0

  /** Opens before there is a writer; what is read goes to `consume`, and after the last of it `onEnd` is called. */
  constructor(fifo: string, consume: OutputConsumer, onEnd: () => void = () => {}) {
    const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
    this.#consume = consume
    this.#socket = new Socket({ fd, readable: true, writable: false })
    this.#socket.on('data', (bytes) => this.#take(bytes as Buffer))
    // A pipe that breaks has ended; 'close' follows.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      onEnd()
      this.#ended.resolve()
    })
  }

  /** Nothing is known to be unread. */
  get idle(): boolean {
    return this.#full === undefined
  }

  /** All writers are gone, and all that they wrote is consumed. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /**
   * Calls `then` when all that was written before now is consumed.
   *
   * What was there before some event of this turn of the event loop (an answer read from a socket) is reported
   * ready by the same poll, so that the turn's check phase comes after it was read.
   */
  whenDrained(then: () => void): void {
    atEndOfTurn(() => {
      if (this.#full === undefined) then()
      else this.#full.then(() => atEndOfTurn(() => this.whenDrained(then)))
    })
  }

  /** Stops reading, whatever is left. */
  destroy(): void {
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.consumed += bytes.length
    const full = this.#consume(bytes)
    if (full === undefined) return
    this.#socket.pause()
    this.#full = full.then(
      () => this.#goOn(),
      () => this.#goOn(),
    )
  }

  #goOn(): void {
    this.#full = undefined
    this.#socket.resume()
  }
}
