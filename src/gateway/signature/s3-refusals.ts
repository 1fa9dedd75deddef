import { AwsError } from '../../aws/error.ts'
import type { SignedRequest } from '../authenticator.ts'
import { formatS3Date } from './amz-date.ts'
import { hint, ONE_MECHANISM } from './refusal-texts.ts'
import type { MismatchFacts, Refusals } from './refusals.ts'

const S3_MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.'

/** What S3 answers: codes of its own, with members that help a client to find its mistake. */
export function s3Refusals(request: SignedRequest): Refusals {
  return s3RefusalsOf(request.headers.authorization === undefined)
}

/** Presigned: what is wrong is in a URL or a form, and not in a header. */
export function s3RefusalsOf(presigned: boolean): Refusals {
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
