import type { Socket } from 'node:net'
import type { Invocation } from '../../wire/invocation.ts'
import {
  ACCEPTED,
  CONTINUE,
  eventHead,
  malformed,
  RESPONSE_BYTES_MAX,
  type Refusal,
  refusalText,
  TRUNCATED,
} from './answers.ts'
import { type Body, type BodyReader, ChunkedBody, FixedBody, NO_BODY } from './body.ts'
import { MalformedRequest, parseHead, type RequestHead } from './request.ts'

/** The largest head: AWS allows 64 KB of X-Ray cause in one field. */
const HEAD_BYTES_MAX = 128 * 1024

/** What a client may send while it waits for an event, which is nothing or a pipelined request. */
const PIPELINED_BYTES_MAX = 256 * 1024

/** Longer heads are not kept to be compared with the next. */
const KEPT_HEAD_BYTES_MAX = 512

/** Below this, copying an event behind its head is cheaper than a write of two pieces. */
const COPY_BYTES_MAX = 16 * 1024

/** How a request is answered: at once, or later by `deliver`. */
export type Reply = 'accepted' | 'waiting' | { readonly text: string } | { readonly refused: Refusal }

/** Takes a body as it comes. */
export interface BodyTaker {
  /** Where this returns a promise the taker is full: no more is read until it resolves. */
  take(piece: Buffer): Promise<void> | undefined
  /** The last byte was taken. */
  end(trailers: Body['trailers']): Reply
  /** The body broke off. */
  broken(): void
}

export interface ConnectionHandler {
  request(connection: Connection, head: RequestHead, body: Body): Reply
  /** Who takes the body that comes; nobody where it is to be collected for `request`. */
  takerOf(head: RequestHead): BodyTaker | undefined
  /** The client is gone; what it waited for goes to another. */
  closed(connection: Connection): void
}

/**
 * One connection of a runtime: keep-alive HTTP/1.1, written by hand, as nearly all of a warm invocation's cost
 * is in wake-ups and in what stands between a socket and its handler.
 *
 * A client may send its response and its next GET in one write. Its 202 then waits for the event and goes out
 * with it: one wake-up of the runtime instead of two. A client that waits for its 202 gets it at once.
 */
export class Connection {
  readonly #socket: Socket
  readonly #handler: ConnectionHandler
  #bytes: Buffer | undefined
  #head: RequestHead | undefined
  /** The last head, as text and read: a runtime asks for each of its events in the same words. */
  #lastHead: { readonly text: string; readonly head: RequestHead } | undefined
  #body: BodyReader | undefined
  #taker: BodyTaker | undefined
  /** What of the present body was read last has to be taken before more is read. */
  #full: Promise<void> | undefined
  /** A GET for the next event is under way; what follows waits for its answer. */
  #waiting = false
  /** Answers that go out with the next write. */
  #held = ''
  #lastRequest = false

  constructor(socket: Socket, handler: ConnectionHandler) {
    this.#socket = socket
    this.#handler = handler
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#read(bytes as Buffer))
    socket.on('end', () => this.#ended())
    // A connection that breaks is closed, which is all that counts.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#breakOff()
      handler.closed(this)
    })
  }

  /** Answers the GET that waits. */
  deliver(invocation: Invocation, deadlineMs: number): void {
    const head = this.#held + eventHead(invocation, deadlineMs)
    this.#held = ''
    this.#waiting = false
    this.#writeEvent(head, invocation.payload)
    if (this.#lastRequest) this.#socket.end()
    else if (this.#bytes !== undefined) this.#read()
  }

  /** Answers the GET that waits with JSON that is no event. */
  deliverJson(json: string): void {
    const length = Buffer.byteLength(json)
    this.answer(
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${json}`,
    )
  }

  /** Answers the GET that waits with this, head and body. */
  answer(text: string): void {
    this.#waiting = false
    this.#held += text
    this.#flush()
    if (!this.#lastRequest && this.#bytes !== undefined) this.#read()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #writeEvent(head: string, payload: Uint8Array): void {
    if (payload.length > COPY_BYTES_MAX) {
      this.#socket.cork()
      this.#socket.write(head)
      this.#socket.write(payload)
      this.#socket.uncork()
      return
    }
    const headBytes = Buffer.byteLength(head)
    const bytes = Buffer.allocUnsafe(headBytes + payload.length)
    bytes.write(head, 0)
    bytes.set(payload, headBytes)
    this.#socket.write(bytes)
  }

  #read(more?: Buffer): void {
    if (more !== undefined)
      this.#bytes = this.#bytes === undefined ? more : Buffer.concat([this.#bytes, more])
    try {
      while (!this.#waiting && !this.#lastRequest && this.#readRequest()) {}
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error
      this.#refuseAndEnd(malformed(error.message))
      return
    }
    if (this.#waiting && (this.#bytes?.length ?? 0) > PIPELINED_BYTES_MAX) this.destroy()
    // What is left is no complete request: nobody says that it comes soon.
    if (!this.#waiting) this.#flush()
  }

  /** Whether there was a whole request, and there may be another. */
  #readRequest(): boolean {
    if (this.#head === undefined && !this.#readHead()) return false
    const head = this.#head as RequestHead
    const body = this.#readBody()
    if (body === undefined) {
      this.#waitWhileFull()
      return false
    }
    const taker = this.#taker
    this.#head = undefined
    this.#body = undefined
    this.#taker = undefined
    this.#full = undefined
    this.#lastRequest = !head.keepAlive
    this.#reply(taker?.end(body.trailers) ?? this.#handler.request(this, head, body))
    return this.#bytes !== undefined
  }

  #readHead(): boolean {
    const bytes = this.#bytes
    if (bytes === undefined) return false
    const end = bytes.indexOf('\r\n\r\n')
    if ((end < 0 ? bytes.length : end) > HEAD_BYTES_MAX) throw new MalformedRequest('The head is too large.')
    if (end < 0) return false
    const head = this.#headOf(bytes.toString('latin1', 0, end))
    this.#head = head
    this.#consume(end + 4)
    this.#body = this.#readerOf(head)
    if (head.expectsContinue && this.#body !== undefined && this.#bytes === undefined)
      this.#socket.write(CONTINUE)
    return true
  }

  #readerOf(head: RequestHead): BodyReader | undefined {
    const { contentLength: length } = head
    if (length === 0) return undefined
    const taker = this.#handler.takerOf(head)
    this.#taker = taker
    const pass = taker === undefined ? undefined : (piece: Buffer) => this.#pass(taker, piece)
    if (length === undefined) return new ChunkedBody(RESPONSE_BYTES_MAX, pass)
    return new FixedBody(length, RESPONSE_BYTES_MAX, pass)
  }

  #pass(taker: BodyTaker, piece: Buffer): void {
    this.#full = taker.take(piece) ?? this.#full
  }

  /** The runtime feels it: its writes wait while nothing is read. */
  #waitWhileFull(): void {
    const full = this.#full
    if (full === undefined) return
    this.#full = undefined
    this.#socket.pause()
    full.then(() => this.#socket.resume())
  }

  #breakOff(): void {
    const taker = this.#taker
    this.#taker = undefined
    taker?.broken()
  }

  #headOf(text: string): RequestHead {
    if (text === this.#lastHead?.text) return this.#lastHead.head
    const head = parseHead(text)
    // Heads with a body hold the id of an invocation, and are not seen again.
    if (head.contentLength === 0 && text.length <= KEPT_HEAD_BYTES_MAX) this.#lastHead = { text, head }
    return head
  }

  #readBody(): Body | undefined {
    if (this.#body === undefined) return NO_BODY
    if (this.#bytes !== undefined) this.#consume(this.#body.read(this.#bytes))
    return this.#body.complete
  }

  #consume(count: number): void {
    const bytes = this.#bytes as Buffer
    this.#bytes = count === bytes.length ? undefined : bytes.subarray(count)
  }

  #reply(reply: Reply): void {
    if (reply === 'waiting') {
      this.#waiting = true
      return
    }
    if (reply === 'accepted') this.#held += ACCEPTED
    else this.#held += 'text' in reply ? reply.text : refusalText(reply.refused)
  }

  #flush(): void {
    if (this.#held !== '') this.#socket.write(this.#held)
    this.#held = ''
    if (this.#lastRequest) this.#socket.end()
  }

  /** The client sends no more; it may still be reading. One that waits for an event is taken to be gone. */
  #ended(): void {
    if (this.#head !== undefined) this.#refuseAndEnd(TRUNCATED)
    else if (this.#waiting) this.destroy()
    else this.#socket.end()
  }

  #refuseAndEnd(refusal: Refusal): void {
    this.#breakOff()
    this.#bytes = undefined
    this.#lastRequest = true
    this.#socket.end(this.#held + refusalText(refusal))
    this.#held = ''
  }
}
