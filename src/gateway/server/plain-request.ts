import { Readable } from 'node:stream'
import type { HttpRequest } from '../http.ts'

/** The head of an Invoke that holds nothing out of the ordinary. */
export interface PlainHead {
  readonly path: string
  readonly search: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of the body. */
  readonly length: number
}

/**
 * A request line of Invoke, and fields of printable ASCII, each on a line of its own. The group of the fields
 * ends with a line end. One expression looks at each character once: there is no second reading of a head.
 */
const PLAIN_HEAD =
  /^POST (\/2015-03-31\/functions\/[!-.0->@-~]+\/invocations\/?)(?:\?(Qualifier=[!-%'-~]*))? HTTP\/1\.1\r\n((?:[!#$%&'*+\-.^`|~\w]+:[\t\x20-\x7e]*\r\n)+)$/

/** What changes how a request is read or answered. */
const UNUSUAL_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'set-cookie',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const FIELDS_MAX = 64

/** Reads a head, its last line end included. Undefined: it is for a complete HTTP server to understand, or to refuse. */
export function readPlainHead(text: string): PlainHead | undefined {
  const parts = PLAIN_HEAD.exec(text)
  if (parts === null) return undefined
  const headers = readFields(parts[3] as string)
  if (headers?.host === undefined) return undefined
  const length = headers['content-length'] ?? '0'
  if (!/^\d{1,9}$/.test(length)) return undefined
  return { path: parts[1] as string, search: parts[2] ?? '', headers, length: Number(length) }
}

function readFields(text: string): Record<string, string> | undefined {
  const fields: Record<string, string> = {}
  let count = 0
  for (let at = 0; at < text.length; count++) {
    const end = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    const name = text.slice(at, colon).toLowerCase()
    const value = text.slice(colon + 1, end).trim()
    if (fields[name] !== undefined || count === FIELDS_MAX || isUnusual(name, value)) return undefined
    fields[name] = value
    at = end + 2
  }
  return fields
}

function isUnusual(name: string, value: string): boolean {
  return UNUSUAL_FIELDS.has(name) && !(name === 'connection' && value.toLowerCase() === 'keep-alive')
}

/** A request that has come whole. */
export class WholeRequest implements HttpRequest {
  readonly method = 'POST'
  readonly path: string
  readonly search: string
  readonly headers: Readonly<Record<string, string>>
  readonly whole: Buffer
  readonly #exchange: { readonly signal: AbortSignal }
  #query: URLSearchParams | undefined
  #body: Readable | undefined

  constructor(head: PlainHead, whole: Buffer, exchange: { readonly signal: AbortSignal }) {
    this.path = head.path
    this.search = head.search
    this.headers = head.headers
    this.whole = whole
    this.#exchange = exchange
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search)
    return this.#query
  }

  get body(): Readable {
    this.#body ??= Readable.from([this.whole], { objectMode: false })
    return this.#body
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }
}
