import { AwsError } from '../../aws/error.ts'
import type { SignedRequest } from '../authenticator.ts'
import { formatAmzDate } from './amz-date.ts'
import { hint, ONE_MECHANISM } from './refusal-texts.ts'
import { s3Refusals } from './s3-refusals.ts'

/**
 * What AWS answers to a request that it does not believe. The codes differ between three families: S3, the
 * services of the Query protocol, and all the others.
 */
export interface Refusals {
  /** Nothing in the request says who sent it. */
  unsigned(): AwsError
  /** There are two signatures, in the header and in the query. */
  twoSignatures(authorization: string): AwsError
  /** The signature cannot be read; `text` says why. */
  malformed(text: string, s3Text?: string): AwsError
  /** There is no date, or none that can be read. */
  badDate(text: string): AwsError
  /** The scope is not the one that we would sign for. */
  wrongScope(text: string, s3Text: string): AwsError
  mismatch(facts: MismatchFacts): AwsError
  /** `name` is a header that must be signed and is not. */
  headerNotSigned(name: string): AwsError
  unknownKey(accessKeyId: string): AwsError
  invalidToken(): AwsError
  expiredToken(): AwsError
  skewed(timestamp: string, now: number, allowedMs: number): AwsError
  /** A presigned URL is too old. */
  expired(facts: { expiresAt: number; expiresSeconds: number; now: number }): AwsError
  unsupportedAlgorithm(algorithm: string): AwsError
}

export interface MismatchFacts {
  readonly accessKeyId: string
  readonly stringToSign: string
  readonly signature: string
  readonly canonicalRequest?: string
}

export function refusalsFor(request: SignedRequest): Refusals {
  if (request.protocol === 'restXml') return s3Refusals(request)
  const query = request.protocol === 'awsQuery'
  // Services of the REST and Query protocols answer 403 to nearly all of these, the others 400.
  const status = query || request.protocol === 'restJson1' ? 403 : 400
  const error = (name: { query: string; other: string }, text: string, as = status) =>
    new AwsError(query ? name.query : name.other, text, { status: as })

  const incompleteStatus = request.protocol === 'restJson1' ? 403 : 400
  const incomplete = { query: 'IncompleteSignature', other: 'IncompleteSignatureException' }
  const invalid = { query: 'SignatureDoesNotMatch', other: 'InvalidSignatureException' }
  const unknown = { query: 'InvalidClientTokenId', other: 'UnrecognizedClientException' }

  return {
    unsigned: () =>
      error(
        { query: 'MissingAuthenticationToken', other: 'MissingAuthenticationTokenException' },
        request.protocol === 'restJson1'
          ? 'Missing Authentication Token'
          : 'Request is missing Authentication Token',
      ),
    twoSignatures: () => error(incomplete, ONE_MECHANISM, incompleteStatus),
    malformed: (text) => error(incomplete, text, incompleteStatus),
    badDate: (text) => error(incomplete, text, incompleteStatus),
    wrongScope: (text) => error(invalid, text),
    mismatch: (facts) => error(invalid, query ? MISMATCH : explained(facts)),
    headerNotSigned: (name) =>
      error(
        invalid,
        `${name === 'host' ? "'Host' or ':authority'" : `'${name}'`} must be a 'SignedHeader' in the AWS Authorization.`,
      ),
    unknownKey: () => error(unknown, 'The security token included in the request is invalid.'),
    invalidToken: () => error(unknown, 'The security token included in the request is invalid.'),
    expiredToken: () =>
      error(
        { query: 'ExpiredToken', other: 'ExpiredTokenException' },
        'The security token included in the request is expired',
      ),
    skewed: (timestamp, now, allowedMs) => error(invalid, skewText(timestamp, now, allowedMs)),
    expired: () => new AwsError('RequestExpired', 'Request has expired.', { status: 400 }),
    unsupportedAlgorithm: (algorithm) =>
      error(incomplete, `Unsupported AWS 'algorithm': '${algorithm}'.${hint(algorithm)}`, incompleteStatus),
  }
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/** JSON services show what they would have signed: the quickest way to see where two canonical forms part. */
function explained({ canonicalRequest, stringToSign }: MismatchFacts): string {
  if (canonicalRequest === undefined) return MISMATCH
  return `${MISMATCH}\n\nThe Canonical String for this request should have been\n'${canonicalRequest}'\n\nThe String-to-Sign should have been\n'${stringToSign}'\n`
}

/** `Signature expired: … is now earlier than … (… - 5 min.)`, or its mirror image. */
function skewText(timestamp: string, now: number, allowedMs: number): string {
  const minutes = `${Math.round(allowedMs / 60_000)} min.`
  const earliest = formatAmzDate(now - allowedMs)
  const latest = formatAmzDate(now + allowedMs)
  if (timestamp < earliest)
    return `Signature expired: ${timestamp} is now earlier than ${earliest} (${formatAmzDate(now)} - ${minutes})`
  return `Signature not yet current: ${timestamp} is still later than ${latest} (${formatAmzDate(now)} + ${minutes})`
}
