/** The head of a request, as far as the Runtime API looks at it. */
export interface RequestHead {
  readonly method: string
  readonly path: string
  /** Undefined: chunked. */
  readonly contentLength: number | undefined
  readonly keepAlive: boolean
  readonly expectsContinue: boolean
  readonly contentType: string | undefined
  /** `Lambda-Runtime-Function-Error-Type`. */
  readonly errorType: string | undefined
  /** `Lambda-Runtime-Function-XRay-Error-Cause`. */
  readonly errorCause: string | undefined
  /** `Lambda-Runtime-Function-Response-Mode`. */
  readonly responseMode: string | undefined
  /** All of them, names in lower case. */
  readonly fields: ReadonlyMap<string, string>
}

/** What no HTTP/1.1 client sends: the connection cannot be understood any further. */
export class MalformedRequest extends Error {}

const REQUEST_LINE = /^([A-Z]+) (\/[^ ]*) HTTP\/1\.([01])$/
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** What our bootstraps send with each answer, field by field: it is read in one look. */
const ANSWER =
  /^POST (\/2018-06-01\/runtime\/invocation\/[0-9a-f-]+\/response) HTTP\/1\.1\r\nHost: ([\x21-\x7e]+)\r\nContent-Type: ([\x21-\x7e]+)\r\nContent-Length: (\d{1,15})$/

/** Reads a head without its empty line. Throws `MalformedRequest`. */
export function parseHead(text: string): RequestHead {
  const answer = ANSWER.exec(text)
  return answer === null ? parseAny(text) : new AnswerHead(answer)
}

/** With nothing in it that changes how it is understood. */
class AnswerHead implements RequestHead {
  readonly method = 'POST'
  readonly path: string
  readonly contentLength: number
  readonly keepAlive = true
  readonly expectsContinue = false
  readonly contentType: string
  readonly errorType = undefined
  readonly errorCause = undefined
  readonly responseMode = undefined
  readonly #host: string

  constructor([, path, host, type, length]: readonly string[]) {
    this.path = path as string
    this.contentLength = Number(length)
    this.contentType = type as string
    this.#host = host as string
  }

  get fields(): ReadonlyMap<string, string> {
    return new Map([
      ['host', this.#host],
      ['content-type', this.contentType],
      ['content-length', String(this.contentLength)],
    ])
  }
}

function parseAny(text: string): RequestHead {
  const lines = text.split('\r\n')
  const request = REQUEST_LINE.exec(lines[0] ?? '')
  if (request === null) throw new MalformedRequest('This is no HTTP/1.1 request line.')
  const fields = parseFields(lines.slice(1))
  const connection = fields.get('connection')?.toLowerCase()
  return {
    method: request[1] as string,
    path: (request[2] as string).split('?', 1)[0] as string,
    contentLength: bodyLength(fields),
    keepAlive: request[3] === '1' ? connection !== 'close' : connection === 'keep-alive',
    expectsContinue: fields.get('expect')?.toLowerCase() === '100-continue',
    contentType: fields.get('content-type'),
    errorType: fields.get('lambda-runtime-function-error-type'),
    errorCause: fields.get('lambda-runtime-function-xray-error-cause'),
    responseMode: fields.get('lambda-runtime-function-response-mode'),
    fields,
  }
}

/** Names in lower case. Throws `MalformedRequest`. */
export function parseFields(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (colon < 1 || !FIELD_NAME.test(name)) throw new MalformedRequest('A header field is malformed.')
    const value = line.slice(colon + 1).trim()
    const before = fields.get(name.toLowerCase())
    if (before !== undefined && before !== value && /^(content-length|transfer-encoding)$/i.test(name)) {
      throw new MalformedRequest(`${name} is there twice.`)
    }
    fields.set(name.toLowerCase(), value)
  }
  return fields
}

/** Zero without a body; undefined where it is chunked. */
function bodyLength(fields: ReadonlyMap<string, string>): number | undefined {
  const encoding = fields.get('transfer-encoding')
  const length = fields.get('content-length')
  if (encoding !== undefined) {
    if (length !== undefined)
      throw new MalformedRequest('Content-Length and Transfer-Encoding exclude each other.')
    if (encoding.toLowerCase() !== 'chunked')
      throw new MalformedRequest('Only chunked bodies are understood.')
    return undefined
  }
  if (length === undefined) return 0
  if (!/^\d{1,15}$/.test(length)) throw new MalformedRequest('Content-Length is no number.')
  return Number(length)
}
