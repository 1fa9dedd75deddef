import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { pipeline, Readable } from 'node:stream'
import type { HttpResponse } from '../http.ts'

export type Outgoing = ServerResponse | Http2ServerResponse

/** Writes an answer. A stream is read as fast as the client takes it, and destroyed when the client goes away. */
export function send(outgoing: Outgoing, response: HttpResponse, method: string): void {
  const { status, body } = response
  if (outgoing.destroyed || outgoing.closed) {
    discard(body)
    return
  }
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304
  if (body instanceof Readable && hasBody) {
    writeHead(outgoing, response, undefined)
    // What goes wrong now cannot be said any more: the connection is cut, which the client notices.
    pipeline(body, outgoing as ServerResponse, () => {})
    return
  }
  discard(body)
  const bytes = body instanceof Readable ? undefined : toBytes(body)
  writeHead(outgoing, response, bytes?.byteLength ?? 0)
  if (hasBody && bytes !== undefined) (outgoing as ServerResponse).end(bytes)
  else outgoing.end()
}

function writeHead(outgoing: Outgoing, response: HttpResponse, length: number | undefined): void {
  const { status } = response
  for (const name in response.headers) outgoing.setHeader(name, headerValue(response.headers[name] ?? ''))
  // HeadObject sets the length of what it does not send.
  const hasLength = status !== 204 && length !== undefined && response.headers['content-length'] === undefined
  if (hasLength) outgoing.setHeader('content-length', length)
  outgoing.statusCode = status
}

function toBytes(body: Uint8Array | string | undefined): Uint8Array | undefined {
  return typeof body === 'string' ? Buffer.from(body) : body
}

/** Headers take bytes: other characters go as UTF-8, control characters not at all. */
export function headerValue(value: string): string {
  if (/^[\t\x20-\x7e]*$/.test(value)) return value
  return Buffer.from(value.replaceAll(/[^\t\x20-\uffff]|\x7f/g, ' '), 'utf8').toString('latin1')
}

export function discard(body: HttpResponse['body']): void {
  if (body instanceof Readable) body.on('error', () => {}).destroy()
}
