import { STATUS_CODES } from 'node:http'
import type { HttpResponse } from '../http.ts'
import { headerValue } from './outgoing.ts'

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

  /** The whole answer, in one piece. Its body is bytes or text. `isLast`: the connection is closed after it. */
  bytesOf(response: HttpResponse, isLast: boolean): Buffer {
    const body = response.body as Uint8Array | string | undefined
    const isText = typeof body === 'string'
    const length = isText ? Buffer.byteLength(body) : (body?.byteLength ?? 0)
    const head = this.#head(response, length, isLast)
    const bytes = Buffer.allocUnsafe(head.length + length)
    bytes.write(head, 0, 'latin1')
    if (isText) bytes.write(body, head.length)
    else if (body !== undefined) bytes.set(body, head.length)
    return bytes
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
