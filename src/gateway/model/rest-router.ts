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

/** The operation that a request to a REST service means; undefined where it means none. */
export function findOperation(model: ServiceModel, request: RestRequest): RestMatch | undefined {
  let best: { operation: OperationModel; http: HttpRule; groups: RegExpExecArray; score: number } | undefined
  for (const operation of model.routes.get(request.method) ?? []) {
    const { http } = operation
    const groups = http.path.exec(request.path)
    if (groups === null || !hasQuery(http, request.query)) continue
    const score = scoreOf(http, operation.name, request)
    if (best === undefined || score > best.score) best = { operation, http, groups, score }
  }
  if (best === undefined) return undefined
  return { operation: best.operation, labels: labelsOf(best.http, best.groups) }
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
