import { AwsError } from '../../aws/error.ts'
import type { SignedRequest } from '../authenticator.ts'
import { formatAmzDate, formatS3Date } from './amz-date.ts'

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

const ONE_MECHANISM =
  'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified'

/** AWS verifies Signature Version 4A; we do not, and say so. */
function hint(algorithm: string): string {
  return algorithm.startsWith('AWS4-ECDSA')
    ? ' Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.'
    : ''
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

const S3_MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.'

function s3Refusals(request: SignedRequest): Refusals {
  const presigned = request.headers.authorization === undefined
  const malformedCode = presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed'
  const malformed = (text: string) =>
    new AwsError(malformedCode, presigned ? text : `The authorization header is malformed; ${text}`, {
      status: 400,
    })
  const denied = (text: string, members: Record<string, unknown> = {}) =>
    new AwsError('AccessDenied', text, { status: 403, members })

  return {
    unsigned: () => denied('Access Denied'),
    twoSignatures: (authorization) =>
      new AwsError('InvalidArgument', ONE_MECHANISM, {
        status: 400,
        members: { ArgumentName: 'Authorization', ArgumentValue: authorization },
      }),
    malformed: (text, s3Text) => malformed(s3Text ?? text),
    badDate: () =>
      presigned
        ? malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        : denied('AWS authentication requires a valid Date or x-amz-date header'),
    wrongScope: (_text, s3Text) => malformed(s3Text),
    mismatch: (facts) => s3Mismatch(facts),
    headerNotSigned: (name) =>
      denied('There were headers present in the request which were not signed', { HeadersNotSigned: name }),
    unknownKey: (accessKeyId) =>
      new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        {
          status: 403,
          members: { AWSAccessKeyId: accessKeyId },
        },
      ),
    invalidToken: () =>
      new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', { status: 400 }),
    expiredToken: () => new AwsError('ExpiredToken', 'The provided token has expired.', { status: 400 }),
    skewed: (timestamp, now, allowedMs) =>
      new AwsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {
          status: 403,
          members: {
            RequestTime: timestamp,
            ServerTime: formatS3Date(now),
            MaxAllowedSkewMilliseconds: `${allowedMs}`,
          },
        },
      ),
    expired: ({ expiresAt, expiresSeconds, now }) =>
      denied('Request has expired', {
        'X-Amz-Expires': `${expiresSeconds}`,
        Expires: formatS3Date(expiresAt),
        ServerTime: formatS3Date(now),
      }),
    unsupportedAlgorithm: (algorithm) => s3UnsupportedAlgorithm(algorithm, presigned),
  }
}

function s3Mismatch({ accessKeyId, stringToSign, signature, canonicalRequest }: MismatchFacts): AwsError {
  const members: Record<string, string> = {
    AWSAccessKeyId: accessKeyId,
    StringToSign: stringToSign,
    SignatureProvided: signature,
    StringToSignBytes: hexBytes(stringToSign),
  }
  if (canonicalRequest !== undefined) {
    members.CanonicalRequest = canonicalRequest
    members.CanonicalRequestBytes = hexBytes(canonicalRequest)
  }
  return new AwsError('SignatureDoesNotMatch', S3_MISMATCH, { status: 403, members })
}

function s3UnsupportedAlgorithm(algorithm: string, presigned: boolean): AwsError {
  if (algorithm === 'AWS')
    return new AwsError(
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      { status: 400 },
    )
  if (algorithm.startsWith('AWS4-ECDSA'))
    return new AwsError('NotImplemented', hint(algorithm).trim(), { status: 501 })
  if (presigned)
    return new AwsError(
      'AuthorizationQueryParametersError',
      'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
      { status: 400 },
    )
  return new AwsError('InvalidArgument', 'Unsupported Authorization Type', {
    status: 400,
    members: { ArgumentName: 'Authorization', ArgumentValue: algorithm },
  })
}

function hexBytes(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')
}
