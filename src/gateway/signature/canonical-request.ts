import { reencode, uriEncode } from './encoding.ts'

export interface CanonicalParts {
  readonly method: string
  readonly path: string
  readonly search: string
  readonly headers: Readonly<Record<string, string>>
  readonly signedHeaders: readonly string[]
  readonly payloadHash: string
  /** S3 signs the path as it is; every other service signs it normalised and encoded a second time. */
  readonly s3: boolean
}

/** The text whose hash is signed (IAM User Guide, "Create a signed AWS API request"). */
export function canonicalRequest(parts: CanonicalParts): string {
  const headers = parts.signedHeaders.map((name) => `${name}:${canonicalValue(parts.headers[name] ?? '')}\n`)
  return [
    parts.method,
    parts.s3 ? s3Path(parts.path) : canonicalPath(parts.path),
    canonicalQuery(parts.search),
    headers.join(''),
    parts.signedHeaders.join(';'),
    parts.payloadHash,
  ].join('\n')
}

/** Runs of spaces count as one. */
function canonicalValue(value: string): string {
  return value.trim().replace(/ {2,}/g, ' ')
}

function s3Path(path: string): string {
  return path.split('/').map(reencode).join('/') || '/'
}

/** Without empty, `.` and `..` segments, and encoded once more than it came. */
export function canonicalPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(uriEncode(segment))
  }
  const trailing = kept.length > 0 && path.endsWith('/') ? '/' : ''
  return `/${kept.join('/')}${trailing}`
}

/** Sorted by name, then by value, as they read once encoded. The signature itself is not part of it. */
export function canonicalQuery(search: string): string {
  if (search === '') return ''
  const pairs: [name: string, value: string][] = []
  for (const part of search.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = encoded(equals < 0 ? part : part.slice(0, equals))
    if (name !== 'X-Amz-Signature') pairs.push([name, equals < 0 ? '' : encoded(part.slice(equals + 1))])
  }
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

/** A plus sign in a query is a space. */
function encoded(part: string): string {
  return reencode(part.includes('+') ? part.replaceAll('+', '%20') : part)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
