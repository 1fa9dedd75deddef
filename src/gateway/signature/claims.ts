import type { SignedRequest } from '../authenticator.ts'
import { amzDateOf } from './amz-date.ts'
import type { Refusals } from './refusals.ts'

/** What a request says of its own signature. Nothing here is believed yet. */
export interface Claims {
  readonly form: 'header' | 'query'
  readonly accessKeyId: string
  /** `20261121`, from the scope. */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  /** As it came: `20261121T070809Z`, if it is well formed. */
  readonly timestamp: string
  /** Lower case, in the order in which they are signed. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly sessionToken: string | undefined
  /** Of presigned URLs, where it is given. */
  readonly expires: string | undefined
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

const NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
const S3_THREE_PARTS =
  'the authorization header requires three components: Credential, SignedHeaders, and Signature.'

/** Reads the `Authorization` header or a presigned URL's query. Throws where there is neither. */
export function readClaims(request: SignedRequest, refuse: Refusals): Claims {
  const query = new URLSearchParams(request.search)
  const { authorization } = request.headers
  if (authorization !== undefined && query.has('X-Amz-Algorithm')) throw refuse.twoSignatures(authorization)
  if (authorization !== undefined) return fromHeader(request, refuse)
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature')) return fromQuery(query, refuse)
  throw refuse.unsigned()
}

function fromHeader({ headers }: SignedRequest, refuse: Refusals): Claims {
  const header = headers.authorization ?? ''
  const [algorithm = '', ...rest] = header.trim().split(' ')
  if (algorithm !== ALGORITHM) throw refuse.unsupportedAlgorithm(algorithm)

  const fields = parseFields(rest.join(' '), header, refuse)
  const timestamp = amzDateOf(headers)
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `)
  if (missing.length > 0) {
    if (timestamp === undefined) missing.push(NO_DATE)
    throw refuse.malformed(`${missing.join('')}Authorization=${algorithm}`, S3_THREE_PARTS)
  }
  if (timestamp === undefined) throw refuse.badDate(`${NO_DATE}Authorization=${algorithm}`)

  return {
    form: 'header',
    ...parseCredential(fields.get('Credential') ?? '', refuse),
    timestamp,
    signedHeaders: (fields.get('SignedHeaders') ?? '').toLowerCase().split(';'),
    signature: fields.get('Signature') ?? '',
    sessionToken: headers['x-amz-security-token'],
    expires: undefined,
  }
}

/** `Credential=…, SignedHeaders=…, Signature=…`; some clients leave out the spaces. */
function parseFields(text: string, header: string, refuse: Refusals): Map<string, string> {
  const fields = new Map<string, string>()
  for (const part of text.split(/,\s*|\s+/)) {
    if (part === '') continue
    const equals = part.indexOf('=')
    if (equals < 0)
      throw refuse.malformed(
        `'${part}' not a valid key=value pair (missing equal-sign) in Authorization header: '${header}'.`,
        S3_THREE_PARTS,
      )
    fields.set(part.slice(0, equals), part.slice(equals + 1))
  }
  return fields
}

const QUERY_NAMES = ['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders'].map(
  (name) => `X-Amz-${name}`,
)

function fromQuery(query: URLSearchParams, refuse: Refusals): Claims {
  const algorithm = query.get('X-Amz-Algorithm')
  if (algorithm !== null && algorithm !== ALGORITHM) throw refuse.unsupportedAlgorithm(algorithm)
  const missing = QUERY_NAMES.filter((name) => !query.get(name))
  if (missing.length > 0)
    throw refuse.malformed(
      missing.map((name) => `AWS query-string parameters must include '${name}'. `).join('') +
        'Re-examine the query-string parameters.',
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    )

  return {
    form: 'query',
    ...parseCredential(query.get('X-Amz-Credential') ?? '', refuse),
    timestamp: query.get('X-Amz-Date') ?? '',
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').toLowerCase().split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expires: query.get('X-Amz-Expires') ?? undefined,
  }
}

function parseCredential(credential: string, refuse: Refusals) {
  const parts = credential.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = parts
  if (parts.length !== 5 || accessKeyId === '')
    throw refuse.malformed(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    )
  return { accessKeyId, date, region, service, terminator }
}
