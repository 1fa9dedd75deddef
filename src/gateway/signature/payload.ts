import { createHash } from 'node:crypto'
import { AwsError } from '../../aws/error.ts'
import type { BodyVerifier, SignedRequest } from '../authenticator.ts'
import { type ChunkSigner, SignedChunks, UnsignedChunks } from './chunks.ts'
import type { Claims } from './claims.ts'
import { sameText } from './signing-key.ts'

/** How a body takes part in the signature: what stands for it there, and what checks it while it is read. */
export interface Payload {
  readonly hash: string
  readonly verifier?: (signer: ChunkSigner) => BodyVerifier
}

const UNSIGNED = 'UNSIGNED-PAYLOAD'

/** For services other than S3 the body is always signed, by the header that names its hash or by itself. */
export async function payloadOf(
  request: SignedRequest,
  claims: Claims,
  mismatch: () => AwsError,
): Promise<Payload> {
  const claimed = request.headers['x-amz-content-sha256']
  if (claimed === undefined || !isSha256(claimed)) return { hash: await request.bodySha256() }
  if (claims.form === 'query' && !claims.signedHeaders.includes('x-amz-content-sha256'))
    return { hash: await request.bodySha256() }
  return { hash: claimed, verifier: () => new HashedBody(claimed, mismatch) }
}

/** S3 leaves it to the client whether the body is signed whole, in chunks, or not at all. */
export function s3PayloadOf(request: SignedRequest, claims: Claims): Payload {
  const claimed = s3ClaimedHash(request, claims)
  if (claimed === UNSIGNED) return { hash: UNSIGNED }
  if (isSha256(claimed)) {
    const wrong = (computed: string) => sha256Mismatch(claimed, computed)
    return { hash: claimed, verifier: () => new HashedBody(claimed, wrong) }
  }

  const length = decodedLength(request)
  switch (claimed) {
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { hash: claimed, verifier: () => new UnsignedChunks(length()) }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { hash: claimed, verifier: (signer) => new SignedChunks(signer, length(), false) }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { hash: claimed, verifier: (signer) => new SignedChunks(signer, length(), true) }
    default:
      throw badContentSha256(claimed)
  }
}

function s3ClaimedHash({ headers, search }: SignedRequest, claims: Claims): string {
  const header = headers['x-amz-content-sha256']
  if (claims.form === 'header') {
    if (header !== undefined) return header
    throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256', {
      status: 400,
    })
  }
  const inQuery = new URLSearchParams(search).get('X-Amz-Content-Sha256')
  return inQuery ?? (claims.signedHeaders.includes('x-amz-content-sha256') ? header : undefined) ?? UNSIGNED
}

/** A presigned URL speaks for any body; a hash beside it that was not signed is checked none the less. */
export function unsignedClaim(
  { headers }: SignedRequest,
  claims: Claims,
  payload: Payload,
): BodyVerifier | undefined {
  const header = headers['x-amz-content-sha256']
  if (claims.form !== 'query' || payload.hash !== UNSIGNED || header === undefined || !isSha256(header))
    return undefined
  return new HashedBody(header, (computed) => sha256Mismatch(header, computed))
}

function decodedLength({ headers }: SignedRequest): () => number {
  return () => {
    const text = headers['x-amz-decoded-content-length']
    if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text)
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', {
      status: 411,
    })
  }
}

function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** The whole body against one hash. */
class HashedBody implements BodyVerifier {
  readonly #hash = createHash('sha256')
  readonly #expected: string
  readonly #wrong: (computed: string) => AwsError

  constructor(expected: string, wrong: (computed: string) => AwsError) {
    this.#expected = expected
    this.#wrong = wrong
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  endChunk(): void {}
  endTrailers(): void {}

  end(): void {
    const computed = this.#hash.digest('hex')
    if (!sameText(computed, this.#expected)) throw this.#wrong(computed)
  }
}

function sha256Mismatch(claimed: string, computed: string): AwsError {
  return new AwsError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    {
      status: 400,
      members: { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed },
    },
  )
}

function badContentSha256(value: string): AwsError {
  if (value.startsWith('STREAMING-AWS4-ECDSA'))
    return new AwsError(
      'NotImplemented',
      'Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.',
      { status: 501 },
    )
  return new AwsError(
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value.',
    { status: 400, members: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: value } },
  )
}
