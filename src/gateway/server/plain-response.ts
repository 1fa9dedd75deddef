import { STATUS_CODES } from 'node:http'
import type { HttpResponse } from '../http.ts'
import { headerValue } from './outgoing.ts'

/** Below this, copying a body behind its head is cheaper than a write of two pieces. */
const COPY_BYTES_MAX = 16 * 1024
const NO_BYTES = new Uint8Array(0)

/** Answers as bytes, with the fields that node:http adds to them: `Date`, and how long a connection is kept. */
export class PlainResponses {
  readonly #kept: string
  readonly #now: () => number
  #second = 0
  #date = ''

  constructor(keepAliveTimeoutMs: number, now: () => number) {
    this.#now = now
    this.#kept = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1000)}\r\n\r\n`
  }

  /**
   * The whole answer, in one piece or two, which belong into one write. Its body is bytes or text. `isLast`: the
   * connection is closed after it.
   */
  piecesOf(response: HttpResponse, isLast: boolean): readonly Uint8Array[] {
    const body = bytesOf(response.body as Uint8Array | string | undefined)
    const head = this.#head(response, body.byteLength, isLast)
    if (body.byteLength > COPY_BYTES_MAX) return [Buffer.from(head, 'latin1'), body]
    const bytes = Buffer.allocUnsafe(head.length + body.byteLength)
    bytes.write(head, 0, 'latin1')
    bytes.set(body, head.length)
    return [bytes]
  }

  /** The head of an answer whose end is that of its connection. */
  headOf(response: HttpResponse): string {
    return this.#head(response, undefined, true)
  }

  #head({ status, headers }: HttpResponse, length: number | undefined, isLast: boolean): string {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
    for (const name in headers) head += `${name}: ${headerValue(headers[name] ?? '')}\r\n`
    if (status !== 204 && length !== undefined && headers['content-length'] === undefined)
      head += `content-length: ${length}\r\n`
    return `${head}Date: ${this.#dateText()}\r\n${isLast ? 'Connection: close\r\n\r\n' : this.#kept}`
  }

  #dateText(): string {
    const second = Math.trunc(this.#now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#date = new Date(second * 1000).toUTCString()
    }
    return this.#date
  }
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : (body ?? NO_BYTES)
}
