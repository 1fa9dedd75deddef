import { Readable } from 'node:stream'
import { AwsError } from '../../aws/error.ts'

/** What a `multipart/form-data` body holds before its file, and the file, which is read as it comes in. */
export interface FormParts {
  /** Names in lower case. */
  readonly fields: Readonly<Record<string, string>>
  readonly file: Readable
  readonly fileName: string
}

/** Amazon S3 API Reference, POST Object: of all that stands before the file. */
const FIELDS_BYTES_MAX = 20 * 1024
/** Of one part. */
const HEADERS_BYTES_MAX = 4 * 1024

/**
 * Reads a form up to its field `file` (RFC 7578); what follows that is left unread, as S3 ignores it.
 * @throws MalformedPOSTRequest, MaxPostPreDataLengthExceededError, InvalidArgument
 */
export async function readFormParts(body: AsyncIterable<Buffer>, boundary: string): Promise<FormParts> {
  const scanner = new Scanner(body)
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const fields: Record<string, string> = Object.create(null)
  let left = FIELDS_BYTES_MAX
  // The first delimiter has no line before it.
  scanner.unread(Buffer.from('\r\n'))
  await scanner.until(delimiter, FIELDS_BYTES_MAX)
  for (;;) {
    const end = (await scanner.until(Buffer.from('\r\n'), HEADERS_BYTES_MAX)).toString('latin1')
    if (end.startsWith('--')) throw noFile()
    if (end.trim() !== '') throw malformed()
    const { name, fileName } = await readHeaders(scanner)
    if (name === 'file') return { fields, file: Readable.from(scanner.rest(delimiter)), fileName }
    const value = await scanner.until(delimiter, left)
    left -= value.length
    fields[name] = value.toString('utf8')
  }
}

async function readHeaders(scanner: Scanner): Promise<{ name: string; fileName: string }> {
  // So that a part without any header ends in an empty line, too.
  scanner.unread(Buffer.from('\r\n'))
  const headers = (await scanner.until(Buffer.from('\r\n\r\n'), HEADERS_BYTES_MAX)).toString('utf8')
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1]
  const name = /(?:^|[;\s])name="([^"]*)"/i.exec(disposition ?? '')?.[1]
  if (name === undefined) throw malformed()
  const fileName = /filename="([^"]*)"/i.exec(disposition ?? '')?.[1] ?? ''
  return { name: name.toLowerCase(), fileName }
}

/** Finds delimiters in a stream, and holds no more of it than is asked for at a time. */
class Scanner {
  readonly #source: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  unread(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held])
  }

  /** What stands before the delimiter, which is skipped. */
  async until(delimiter: Buffer, bytesMax: number): Promise<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(delimiter)
      if (at > bytesMax || (at < 0 && this.#held.length > bytesMax + delimiter.length)) throw tooMuch()
      if (at >= 0) {
        const before = this.#held.subarray(0, at)
        this.#held = this.#held.subarray(at + delimiter.length)
        return before
      }
      this.#held = Buffer.concat([this.#held, await this.#next()])
    }
  }

  /** The same, piece by piece. */
  async *rest(delimiter: Buffer): AsyncIterable<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(delimiter)
      if (at >= 0) {
        if (at > 0) yield this.#held.subarray(0, at)
        return
      }
      // A delimiter may have begun at the end.
      const safe = Math.max(this.#held.length - delimiter.length + 1, 0)
      if (safe > 0) yield this.#held.subarray(0, safe)
      this.#held = Buffer.concat([this.#held.subarray(safe), await this.#next()])
    }
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#source.next()
    if (done) throw malformed()
    return value
  }
}

function malformed(): AwsError {
  const message = 'The body of your POST request is not well-formed multipart/form-data.'
  return new AwsError('MalformedPOSTRequest', message, { status: 400 })
}

function tooMuch(): AwsError {
  const message = 'Your POST request fields preceding the upload file were too large.'
  return new AwsError('MaxPostPreDataLengthExceededError', message, {
    status: 400,
    members: { MaxPostPreDataLengthBytes: FIELDS_BYTES_MAX },
  })
}

function noFile(): AwsError {
  return new AwsError('InvalidArgument', 'POST requires exactly one file upload per request.', {
    status: 400,
    members: { ArgumentName: 'file', ArgumentValue: '0' },
  })
}
