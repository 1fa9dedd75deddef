import { AwsError } from '../../aws/error.ts'
import type { WebHeaders, WebRequest } from '../../aws/web-access.ts'
import { invalidArgument, invalidRequest, malformedXml } from './errors.ts'

/** Which pages may do what with a bucket, in the names of PutBucketCors. */
export interface CorsRule {
  readonly ID?: string
  /** With one asterisk each at most, as are headers. */
  readonly AllowedOrigins: readonly string[]
  readonly AllowedMethods: readonly string[]
  readonly AllowedHeaders?: readonly string[]
  readonly ExposeHeaders?: readonly string[]
  readonly MaxAgeSeconds?: number
}

const METHODS = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE']
const RULES_MAX = 100
/** Amazon S3 User Guide, "Elements of a CORS configuration". */
const BYTES_MAX = 64 * 1024

type Given = { readonly [Member in keyof CorsRule]?: CorsRule[Member] | undefined }

/** @throws MalformedXML, InvalidRequest */
export function readCorsRules(rules: readonly Given[]): CorsRule[] {
  if (rules.length === 0) throw malformedXml()
  if (rules.length > RULES_MAX) {
    throw invalidRequest(`The number of CORS rules should not exceed allowed limit of ${RULES_MAX} rules.`)
  }
  if (Buffer.byteLength(JSON.stringify(rules)) > BYTES_MAX) {
    throw new AwsError('MaxMessageLengthExceeded', 'Your request was too big.', { status: 400 })
  }
  return rules.map(readRule)
}

function readRule(rule: Given): CorsRule {
  const { AllowedOrigins = [], AllowedMethods = [], AllowedHeaders = [], ExposeHeaders = [], ID = '' } = rule
  if (AllowedOrigins.length === 0 || AllowedMethods.length === 0) throw malformedXml()
  if (ID.length > 255) throw invalidArgument('ID length should not exceed allowed limit of 255')
  const unknown = AllowedMethods.find((method) => !METHODS.includes(method))
  if (unknown !== undefined) {
    throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`)
  }
  refuseWildcards('AllowedOrigin', AllowedOrigins)
  refuseWildcards('AllowedHeader', AllowedHeaders)
  const wild = ExposeHeaders.find((header) => header.includes('*'))
  if (wild !== undefined) {
    throw invalidRequest(
      `ExposeHeader "${wild}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
    )
  }
  // JSON leaves out what is undefined.
  return JSON.parse(JSON.stringify(rule))
}

function refuseWildcards(element: string, patterns: readonly string[]): void {
  const wild = patterns.find((pattern) => pattern.split('*').length > 2)
  if (wild !== undefined) throw invalidRequest(`${element} "${wild}" can not have more than one wildcard.`)
}

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'

/** What the first rule that fits says of a request; undefined where none does. */
export function corsHeaders(
  rules: readonly CorsRule[],
  { method, headers }: Pick<WebRequest, 'method' | 'headers'>,
): WebHeaders | undefined {
  const { origin } = headers
  if (origin === undefined) return undefined
  // S3 goes by these two in requests that are no preflight, too.
  const asked = headers['access-control-request-method'] ?? method
  const wanted = listOf(headers['access-control-request-headers'])
  for (const rule of rules) {
    const pattern = rule.AllowedOrigins.find((allowed) => fits(allowed, origin))
    if (pattern === undefined || !rule.AllowedMethods.includes(asked)) continue
    if (!wanted.every((header) => allowsHeader(rule, header))) continue
    return headersOf(rule, { origin, pattern, wanted })
  }
  return undefined
}

function headersOf(
  rule: CorsRule,
  { origin, pattern, wanted }: { origin: string; pattern: string; wanted: readonly string[] },
): WebHeaders {
  const { ExposeHeaders: exposed = [], MaxAgeSeconds: maxAge } = rule
  return {
    'access-control-allow-origin': pattern === '*' ? '*' : origin,
    'access-control-allow-methods': rule.AllowedMethods.join(', '),
    ...(wanted.length > 0 && { 'access-control-allow-headers': wanted.join(', ') }),
    ...(exposed.length > 0 && { 'access-control-expose-headers': exposed.join(', ') }),
    ...(maxAge !== undefined && { 'access-control-max-age': String(maxAge) }),
    ...(pattern !== '*' && { 'access-control-allow-credentials': 'true' }),
    vary: VARY,
  }
}

function listOf(header = ''): string[] {
  const names = header.split(',').map((name) => name.trim().toLowerCase())
  return names.filter((name) => name !== '')
}

function allowsHeader({ AllowedHeaders = [] }: CorsRule, header: string): boolean {
  return AllowedHeaders.some((allowed) => fits(allowed.toLowerCase(), header))
}

function fits(pattern: string, text: string): boolean {
  const [before = '', after] = pattern.split('*')
  if (after === undefined) return pattern === text
  return text.length >= pattern.length - 1 && text.startsWith(before) && text.endsWith(after)
}

/** The headers of a preflight's answer. @throws BadRequest, AccessForbidden */
export function answerPreflight(
  rules: readonly CorsRule[] | undefined,
  { key, headers }: WebRequest,
): WebHeaders {
  const { origin, 'access-control-request-method': method } = headers
  if (origin === undefined) throw badRequest('Insufficient information. Origin request header needed.')
  if (rules === undefined) throw corsForbidden('CORS is not enabled for this bucket.', method)
  if (method === undefined || !METHODS.includes(method)) {
    throw badRequest(`Invalid Access-Control-Request-Method: ${method ?? 'null'}`)
  }
  const allowed = corsHeaders(rules, { method, headers })
  if (allowed !== undefined) return allowed
  throw corsForbidden(
    "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
    method,
    key === '' ? 'BUCKET' : 'OBJECT',
  )
}

export function corsForbidden(reason: string, method = 'OPTIONS', resourceType = 'BUCKET'): AwsError {
  return new AwsError('AccessForbidden', `CORSResponse: ${reason}`, {
    status: 403,
    members: { Method: method, ResourceType: resourceType },
  })
}

function badRequest(message: string): AwsError {
  return new AwsError('BadRequest', message, { status: 400 })
}
