import type { Socket } from 'node:net'
import { Exchange } from './exchange.ts'
import { type PlainHead, readPlainHead, WholeRequest } from './plain-request.ts'

/** A head that is longer, or a request that is, goes to node:http. */
const REQUEST_BYTES_MAX = 64 * 1024
const HEAD_END = '\r\n\r\n'

/** Longer heads are not kept to be compared with the next: 4096 connections may each have one. */
const KEPT_HEAD_BYTES_MAX = 2048

/** What a lane asks of its server. */
export interface LaneHost {
  /** Calls `lane.answer`, once. */
  serve(lane: FastLane, request: WholeRequest, exchange: Exchange): void
  /** The connection is node:http's from now on; `unread` are bytes that it has not seen. */
  handOver(socket: Socket, unread: Buffer): void
  closed(lane: FastLane, exchange: Exchange | undefined): void
  readonly headerBytesMax: number
}

/**
 * An HTTP/1.1 connection while all that comes on it are plain Invokes: read and answered by hand, at a third of
 * what node:http's request and response objects take. Anything else, be it unusual or wrong, makes the whole
 * connection node:http's for good, at a moment at which nothing is under way.
 */
export class FastLane {
  readonly socket: Socket
  readonly #host: LaneHost
  /** What has come and is no whole request, or comes after one that is being answered. */
  #held: Buffer | undefined
  /** The last head and what was read from it: clients that do not sign repeat theirs. */
  #lastText = ''
  #lastHead: PlainHead | undefined
  #exchange: Exchange | undefined
  /** Counts the server's looks since something came or went. */
  quietLooks = 0

  readonly #onData = (bytes: Buffer) => this.take(bytes)
  readonly #onEnd = () => this.socket.destroy()
  readonly #onClose = () => this.#host.closed(this, this.#exchange)

  constructor(socket: Socket, host: LaneHost) {
    this.socket = socket
    this.#host = host
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onEnd).on('close', this.#onClose)
  }

  get isIdle(): boolean {
    return this.#exchange === undefined && this.#held === undefined
  }

  /** Bytes have come. */
  take(bytes: Buffer): void {
    this.quietLooks = 0
    const all = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes])
    this.#held = undefined
    if (this.#exchange === undefined) this.#read(all)
    else this.#hold(all)
  }

  /** The answer to the request that was served. A connection whose client is gone takes it, and drops it. */
  answer(pieces: readonly Uint8Array[], isLast: boolean, written: () => void): void {
    this.#exchange = undefined
    this.quietLooks = 0
    this.#write(pieces, written)
    if (isLast) this.socket.end()
    if (isLast || this.#held === undefined) return
    this.socket.resume()
    this.take(Buffer.alloc(0))
  }

  /** A request of which only a part has come is node:http's to wait for. */
  giveUpPart(): void {
    if (this.#exchange === undefined && this.#held !== undefined) this.#handOver(this.#held)
  }

  #write(pieces: readonly Uint8Array[], written: () => void): void {
    const [first, second] = pieces as [Uint8Array, Uint8Array | undefined]
    if (second === undefined) {
      this.socket.write(first, written)
      return
    }
    this.socket.cork()
    this.socket.write(first)
    this.socket.write(second, written)
    this.socket.uncork()
  }

  #read(bytes: Buffer): void {
    const end = bytes.indexOf(HEAD_END)
    const head = end < 0 ? undefined : this.#headOf(bytes, end)
    if (head === undefined) {
      this.#handOver(bytes)
      return
    }
    const start = end + HEAD_END.length
    const after = start + head.length
    if (after > REQUEST_BYTES_MAX) this.#handOver(bytes)
    else if (after > bytes.length) this.#held = bytes
    else this.#serve(head, bytes, start, after)
  }

  #headOf(bytes: Buffer, end: number): PlainHead | undefined {
    if (end > this.#host.headerBytesMax) return undefined
    const text = bytes.toString('latin1', 0, end + 2)
    if (text === this.#lastText) return this.#lastHead
    const head = readPlainHead(text)
    this.#lastText = end > KEPT_HEAD_BYTES_MAX ? '' : text
    this.#lastHead = head
    return head
  }

  #serve(head: PlainHead, bytes: Buffer, start: number, after: number): void {
    const exchange = new Exchange(() => this.socket.destroy())
    this.#exchange = exchange
    if (after < bytes.length) this.#hold(bytes.subarray(after))
    this.#host.serve(this, new WholeRequest(head, bytes.subarray(start, after), exchange), exchange)
  }

  /** Nothing more is read while a request is answered: clients that pipeline wait in the kernel. */
  #hold(bytes: Buffer): void {
    this.#held = bytes
    this.socket.pause()
  }

  #handOver(unread: Buffer): void {
    this.#held = undefined
    const { socket } = this
    socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onEnd)
      .off('close', this.#onClose)
    this.#host.closed(this, undefined)
    this.#host.handOver(socket, unread)
  }
}
