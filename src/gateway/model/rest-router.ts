import type { HttpRule } from './http-rule.ts'
import type { OperationModel, ServiceModel } from './service-model.ts'

export interface RestMatch {
  readonly operation: OperationModel
  /** Still percent-encoded. */
  readonly labels: Readonly<Record<string, string>>
}

export interface RestRequest {
  readonly method: string
  /** Raw: decoded or normalised, `a%2Fb` and `//` would mean something else. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
}

/** An operation whose path a request has. */
interface Candidate extends RestMatch {
  readonly http: HttpRule
}

/** Paths are asked for again and again: for each, what it may mean is kept. */
const KEPT_PATHS_MAX = 1000
const KEPT_PATH_CHARACTERS_MAX = 256
const keptPaths = new WeakMap<ServiceModel, Map<string, readonly Candidate[]>>()

/** The operation that a request to a REST service means; undefined where it means none. */
export function findOperation(model: ServiceModel, request: RestRequest): RestMatch | undefined {
  const candidates = candidatesOf(model, request)
  const [only] = candidates
  if (candidates.length === 1 && only?.http.query.length === 0) return only
  let best: { match: RestMatch; score: number } | undefined
  for (const match of candidates) {
    if (!hasQuery(match.http, request.query)) continue
    const score = scoreOf(match.http, match.operation.name, request)
    if (best === undefined || score > best.score) best = { match, score }
  }
  return best?.match
}

function candidatesOf(model: ServiceModel, { method, path }: RestRequest): readonly Candidate[] {
  let kept = keptPaths.get(model)
  if (kept === undefined) {
    kept = new Map()
    keptPaths.set(model, kept)
  }
  const key = `${method} ${path}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const found: Candidate[] = []
  for (const operation of model.routes.get(method) ?? []) {
    const groups = operation.http.path.exec(path)
    if (groups === null) continue
    found.push({ operation, http: operation.http, labels: labelsOf(operation.http, groups) })
  }
  if (kept.size >= KEPT_PATHS_MAX) kept.clear()
  if (path.length <= KEPT_PATH_CHARACTERS_MAX) kept.set(key, found)
  return found
}

function hasQuery(http: HttpRule, query: URLSearchParams): boolean {
  return http.query.every(([name, value]) =>
    value === '' ? query.has(name) : query.getAll(name).includes(value),
  )
}

/**
 * The longer literal path wins, then the more literal query; then, among the like of PutObject, CopyObject
 * and UploadPart, the one whose required query and header members are there.
 */
function scoreOf(http: HttpRule, name: string, request: RestRequest): number {
  const wanted = http.wantedQuery.length + http.wantedHeaders.length
  const isThere =
    http.wantedQuery.every((key) => request.query.has(key)) &&
    http.wantedHeaders.every((key) => request.headers[key] !== undefined)
  return (
    http.weight * 1000 +
    http.query.length * 100 +
    (isThere ? 50 + wanted : 0) +
    (request.query.get('x-id') === name ? 30 : 0)
  )
}

function labelsOf(http: HttpRule, groups: RegExpExecArray): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [index, name] of http.labels.entries()) labels[name] = groups[index + 1] ?? ''
  return labels
}
