import type { SignedRequest } from '../authenticator.ts'
import { parseAmzDate } from './amz-date.ts'
import type { Claims } from './claims.ts'
import type { Refusals } from './refusals.ts'

const SKEW_MS = 5 * 60_000
const S3_SKEW_MS = 15 * 60_000
/** The longest life of a presigned URL: signing keys are derived for a day, and AWS keeps them for seven. */
const EXPIRES_SECONDS_MAX = 7 * 24 * 3600

/** Refuses what was signed at another time than now. Returns when it was signed. */
export function checkTime(claims: Claims, now: number, s3: boolean, refuse: Refusals): number {
  const signedAt = parseAmzDate(claims.timestamp)
  if (signedAt === undefined)
    throw refuse.badDate(
      `Date must be in ISO-8601 'basic format'. Got '${claims.timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    )
  const skewMs = s3 ? S3_SKEW_MS : SKEW_MS
  if (claims.form === 'query' && (s3 || claims.expires !== undefined)) {
    checkExpiry(claims, signedAt, now, refuse)
    if (signedAt - now > skewMs) throw refuse.skewed(claims.timestamp, now, skewMs)
    return signedAt
  }
  if (Math.abs(now - signedAt) > skewMs) throw refuse.skewed(claims.timestamp, now, skewMs)
  return signedAt
}

function checkExpiry(claims: Claims, signedAt: number, now: number, refuse: Refusals): void {
  if (claims.expires === undefined)
    throw refuse.malformed(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    )
  if (!/^-?\d{1,15}$/.test(claims.expires)) throw refuse.malformed('X-Amz-Expires should be a number')
  const expiresSeconds = Number(claims.expires)
  if (expiresSeconds < 0) throw refuse.malformed('X-Amz-Expires must be non-negative')
  if (expiresSeconds > EXPIRES_SECONDS_MAX)
    throw refuse.malformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    )
  const expiresAt = signedAt + expiresSeconds * 1000
  if (now > expiresAt) throw refuse.expired({ expiresAt, expiresSeconds, now })
}

/** `us-east-1`, `us-gov-west-1`, `aws-global`. We answer for every region, so any that looks like one is right. */
const REGION = /^[a-z]{2,8}(-[a-z]{2,12}){1,3}(-\d{1,2})?$/

/** Refuses a scope of another day, service or kind than the request itself. */
export function checkScope(claims: Claims, request: SignedRequest, refuse: Refusals): void {
  const { signingNames } = request.service
  const day = claims.timestamp.slice(0, 8)
  const wrong: [text: string, s3Text: string][] = []
  if (!REGION.test(claims.region))
    wrong.push([
      `Credential should be scoped to a valid region, not '${claims.region}'. `,
      claims.region === ''
        ? 'a non-empty region must be provided in the credential.'
        : `the region '${claims.region}' is wrong`,
    ])
  if (!signingNames.includes(claims.service))
    wrong.push([
      `Credential should be scoped to correct service: '${signingNames[0]}'. `,
      `incorrect service "${claims.service}". This endpoint belongs to "${signingNames[0]}".`,
    ])
  if (claims.terminator !== 'aws4_request')
    wrong.push([
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${claims.terminator}'. `,
      `incorrect terminal "${claims.terminator}". This endpoint uses "aws4_request".`,
    ])
  if (claims.date !== day)
    wrong.push([
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claims.date}' != '${day}', from '${claims.timestamp}'.`,
      'Invalid credential date. Date is not the same as X-Amz-Date.',
    ])
  if (wrong.length === 0) return
  throw refuse.wrongScope(
    wrong
      .map(([text]) => text)
      .join('')
      .trimEnd(),
    wrong[0]?.[1] ?? '',
  )
}

/** Sent by some clients after they have signed; nothing here acts on it. */
const MAY_BE_UNSIGNED = new Set(['x-amz-user-agent'])

/** Refuses a request whose meaning could have been changed on its way: by the host, or an `x-amz-` header. */
export function checkSignedHeaders(claims: Claims, request: SignedRequest, refuse: Refusals): void {
  const signed = new Set(claims.signedHeaders)
  if (!signed.has('host') && !signsAuthority(signed, request)) throw refuse.headerNotSigned('host')
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith('x-amz-') || signed.has(name) || MAY_BE_UNSIGNED.has(name)) continue
    // A presigned URL's body hash is a claim that its signature does not make: it is checked, not believed.
    if (name === 'x-amz-content-sha256' && claims.form === 'query') continue
    throw refuse.headerNotSigned(name)
  }
}

/** Clients of HTTP/2 sign what it has instead of the Host. */
function signsAuthority(signed: ReadonlySet<string>, { headers }: SignedRequest): boolean {
  return signed.has(':authority') && headers[':authority'] !== undefined
}
