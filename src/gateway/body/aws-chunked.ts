import { Transform, type TransformCallback } from 'node:stream'
import { AwsError } from '../../aws/error.ts'
import type { BodyVerifier } from '../authenticator.ts'
import { incompleteBody } from '../errors.ts'
import type { Headers } from '../http.ts'

/** A size line holds a hex number and a signature of 64 digits; trailers are a checksum and a signature. */
const LINE_BYTES_MAX = 4096
const TRAILERS_MAX = 32

type Expects = 'size' | 'data' | 'chunk end' | 'trailer' | 'nothing'

/** Whether a body comes in aws-chunked encoding (S3 API Reference, "Signature calculations: multiple chunks"). */
export function isAwsChunked(headers: Headers): boolean {
  return (
    /(^|,)\s*aws-chunked\b/.test(headers['content-encoding'] ?? '') ||
    (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-')
  )
}

/** The headers that describe the body once it is decoded. */
export function decodedHeaders(headers: Headers): Headers {
  if (!isAwsChunked(headers)) return headers
  const { 'content-encoding': encodings = '', ...others } = headers
  const rest = encodings.split(',').map((encoding) => encoding.trim())
  const kept = rest.filter((encoding) => encoding !== '' && encoding !== 'aws-chunked').join(', ')
  return kept === '' ? others : { ...others, 'content-encoding': kept }
}

/**
 * Decodes an aws-chunked body:
 *
 *     400;chunk-signature=ad80…\r\n <0x400 bytes> \r\n
 *     0;chunk-signature=b6c6…\r\n
 *     x-amz-checksum-crc32:AAAAAA==\r\n
 *     x-amz-trailer-signature:d81f…\r\n
 *     \r\n
 *
 * Signatures and trailers are there in some variants only. The trailers are put into `trailers`.
 */
export class AwsChunkedDecoder extends Transform {
  readonly #trailers: Record<string, string>
  readonly #verifier: BodyVerifier | undefined
  readonly #expectedLength: number | undefined
  #buffered: Buffer = Buffer.alloc(0)
  #expects: Expects = 'size'
  #left = 0
  #length = 0
  #signature: string | undefined
  #signedTrailers = ''
  #trailerSignature: string | undefined
  #trailerCount = 0

  constructor(options: {
    trailers: Record<string, string>
    verifier: BodyVerifier | undefined
    /** `x-amz-decoded-content-length`. */
    expectedLength: number | undefined
  }) {
    super()
    this.#trailers = options.trailers
    this.#verifier = options.verifier
    this.#expectedLength = options.expectedLength
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk])
    try {
      while (this.#step());
      done()
    } catch (error) {
      done(error as Error)
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      // Clients that send no trailers may leave out the last empty line.
      if (this.#expects === 'trailer' && this.#buffered.length === 0) this.#finish()
      done(this.#expects === 'nothing' ? null : incompleteBody())
    } catch (error) {
      done(error as Error)
    }
  }

  /** Takes one element off what is buffered; false where there is none that is complete. */
  #step(): boolean {
    switch (this.#expects) {
      case 'size':
        return this.#withLine((line) => this.#startChunk(line))
      case 'data':
        return this.#takeData()
      case 'chunk end':
        return this.#withLine((line) => this.#endChunk(line))
      case 'trailer':
        return this.#withLine((line) => this.#takeTrailer(line))
      case 'nothing':
        if (this.#buffered.length > 0) throw malformed('there are bytes behind the last chunk')
        return false
    }
  }

  #withLine(use: (line: string) => void): boolean {
    const end = this.#buffered.indexOf('\r\n')
    if (end > LINE_BYTES_MAX || (end < 0 && this.#buffered.length > LINE_BYTES_MAX)) {
      throw malformed('a line is too long')
    }
    if (end < 0) return false
    const line = this.#buffered.toString('latin1', 0, end)
    this.#buffered = this.#buffered.subarray(end + 2)
    use(line)
    return true
  }

  #startChunk(line: string): void {
    const parts = /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]+))?$/i.exec(line)
    if (parts === null) throw malformed('a chunk does not begin with its size')
    this.#left = Number.parseInt(parts[1] as string, 16)
    this.#signature = parts[2]
    if (this.#left > 0) {
      this.#expects = 'data'
      return
    }
    this.#verifier?.endChunk(this.#signature)
    this.#expects = 'trailer'
  }

  #takeData(): boolean {
    const data = this.#buffered.subarray(0, this.#left)
    if (data.length === 0) return false
    this.#buffered = this.#buffered.subarray(data.length)
    this.#left -= data.length
    this.#length += data.length
    this.#verifier?.update(data)
    this.push(data)
    if (this.#left === 0) this.#expects = 'chunk end'
    return true
  }

  #endChunk(line: string): void {
    if (line !== '') throw malformed('a chunk is longer than its size')
    this.#verifier?.endChunk(this.#signature)
    this.#expects = 'size'
  }

  #takeTrailer(line: string): void {
    if (line === '') {
      this.#finish()
      return
    }
    const colon = line.indexOf(':')
    if (colon < 1 || ++this.#trailerCount > TRAILERS_MAX) throw malformed('a trailing header is not one')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'x-amz-trailer-signature') {
      this.#trailerSignature = value
      return
    }
    this.#trailers[name] = value
    this.#signedTrailers += `${name}:${value}\n`
  }

  #finish(): void {
    this.#expects = 'nothing'
    if (this.#expectedLength !== undefined && this.#expectedLength !== this.#length) throw incompleteBody()
    if (this.#trailerCount > 0) this.#verifier?.endTrailers(this.#signedTrailers, this.#trailerSignature)
    this.#verifier?.end()
  }
}

function malformed(what: string): AwsError {
  return new AwsError('InvalidChunk', `The aws-chunked body is malformed: ${what}.`, { status: 400 })
}
