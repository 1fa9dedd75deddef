import { createHash, type Hash } from 'node:crypto'
import { AwsError } from '../../aws/error.ts'
import type { BodyVerifier } from '../authenticator.ts'
import { EMPTY_SHA256, hmac, sameText, sha256Hex } from './signing-key.ts'

/** What the chunks of a body are signed with: each signature covers the one before it. */
export interface ChunkSigner {
  readonly key: Buffer
  readonly timestamp: string
  /** `20261121/eu-west-1/s3/aws4_request` */
  readonly scope: string
  /** Of the request's headers: the seed. */
  readonly signature: string
  readonly mismatch: (stringToSign: string, signature: string) => AwsError
}

/** An aws-chunked body without signatures: it must be whole, and as long as it said. */
export class UnsignedChunks implements BodyVerifier {
  readonly #length: number
  #received = 0
  #chunkLength = 0
  #closed = false

  constructor(length: number) {
    this.#length = length
  }

  update(bytes: Uint8Array): void {
    this.#chunkLength += bytes.byteLength
    this.#received += bytes.byteLength
    if (this.#received > this.#length) throw wrongLength()
  }

  endChunk(_signature?: string): void {
    this.#closed = this.#chunkLength === 0
    this.#chunkLength = 0
  }

  endTrailers(_lines: string, _signature: string | undefined): void {}

  end(): void {
    if (!this.#closed || this.#received !== this.#length) throw wrongLength()
  }
}

/** An aws-chunked body whose chunks, and trailing headers where it has them, are signed one after the other. */
export class SignedChunks extends UnsignedChunks {
  readonly #signer: ChunkSigner
  #previous: string
  #hash: Hash = createHash('sha256')
  #trailersMissing: boolean

  constructor(signer: ChunkSigner, length: number, trailers: boolean) {
    super(length)
    this.#trailersMissing = trailers
    this.#signer = signer
    this.#previous = signer.signature
  }

  override update(bytes: Uint8Array): void {
    super.update(bytes)
    this.#hash.update(bytes)
  }

  override endChunk(signature: string | undefined): void {
    super.endChunk()
    const hash = this.#hash.digest('hex')
    this.#hash = createHash('sha256')
    this.#check(signature, 'AWS4-HMAC-SHA256-PAYLOAD', EMPTY_SHA256, hash)
  }

  override endTrailers(lines: string, signature: string | undefined): void {
    this.#trailersMissing = false
    this.#check(signature, 'AWS4-HMAC-SHA256-TRAILER', sha256Hex(lines))
  }

  /** Trailers that were announced cannot be left out: a checksum would then go unchecked. */
  override end(): void {
    super.end()
    if (this.#trailersMissing) throw wrongLength()
  }

  #check(signature: string | undefined, algorithm: string, ...hashes: string[]): void {
    const { key, timestamp, scope, mismatch } = this.#signer
    const stringToSign = [algorithm, timestamp, scope, this.#previous, ...hashes].join('\n')
    const expected = hmac(key, stringToSign).toString('hex')
    if (signature === undefined || !sameText(expected, signature))
      throw mismatch(stringToSign, signature ?? '')
    this.#previous = expected
  }
}

function wrongLength(): AwsError {
  return new AwsError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
    { status: 400 },
  )
}
