import type { Readable } from 'node:stream'

/** An HTTP request, of whichever version, as the gateway and its front doors see it. */
export interface HttpRequest {
  readonly method: string
  /** As it came, still percent-encoded and not normalised: S3 keys may hold `//` and `..`. */
  readonly path: string
  /** As it came, without the question mark. */
  readonly search: string
  readonly query: URLSearchParams
  /**
   * Names in lower case; the values of repeated ones joined by `, `. HTTP/2's `:authority` is here too, and is
   * `host` where the request has none.
   */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
  /** The whole body, where it came together with the head: then nobody need wait for it. */
  readonly whole?: Buffer
  /** Aborts when the client goes away before it has its answer, and when the gateway stops. */
  readonly signal: AbortSignal
}

/** What is answered. A body that is a stream is destroyed when the client goes away. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case. `content-length` is added where the length is known. */
  readonly headers: Record<string, string>
  readonly body?: Uint8Array | string | Readable | undefined
  /** The body is a stream that need never end: it is cut when the gateway stops, and not waited for. */
  readonly isEndless?: boolean
}

export type Headers = Readonly<Record<string, string>>
