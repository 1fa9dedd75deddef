import type { Shape } from './shape.ts'

/** Which requests mean an operation of a REST service. */
export interface HttpRule {
  readonly method: string
  readonly path: RegExp
  /** Names of the labels, in the order of the path's groups. */
  readonly labels: readonly string[]
  /** `?acl`, `?list-type=2`: parameters that must be there; an empty value allows any. */
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Status of the answer, where the output does not set one. */
  readonly status: number
  /** What the input requires in query and headers: it only decides between rules that all match. */
  readonly wantedQuery: readonly string[]
  readonly wantedHeaders: readonly string[]
  /** Literal segments count more than labels, labels more than greedy ones. */
  readonly weight: number
}

type HttpTrait = readonly [method: string, uri: string, status: number]

export function compileHttpRule([method, uri, status]: HttpTrait, input: Shape, serviceId: string): HttpRule {
  const [path = '/', search = ''] = uri.split('?')
  return {
    method,
    ...compilePath(needsBucket(input, serviceId) ? `/{Bucket}${path === '/' ? '' : path}` : path),
    // The SDK adds x-id to tell operations apart in logs; clients may leave it out.
    query: [...new URLSearchParams(search)].filter(([name]) => name !== 'x-id'),
    status,
    wantedQuery: requiredIn(input, 'query'),
    wantedHeaders: requiredIn(input, 'header'),
  }
}

/** The S3 client's paths lack the bucket, which its endpoint rules put in. */
function needsBucket(input: Shape, serviceId: string): boolean {
  return (
    serviceId === 's3' &&
    input.members.some(({ name, location }) => name === 'Bucket' && location === 'label')
  )
}

function compilePath(path: string): Pick<HttpRule, 'path' | 'labels' | 'weight'> {
  const labels: string[] = []
  let weight = 0
  const segments = path.replace(/\/+$/, '').split('/').slice(1)
  const pattern = segments.map((segment) => {
    const label = /^\{([^}+]+)(\+)?\}(.*)$/.exec(segment)
    if (label === null) {
      weight += 10
      return `/${literal(segment)}`
    }
    const [, name = '', greedy, suffix = ''] = label
    labels.push(name)
    weight += greedy ? 0 : 1
    return `/${greedy ? '(.+)' : '([^/]+)'}${literal(suffix)}`
  })
  const trailingSlash = path.endsWith('+}') ? '' : '/?'
  return { path: new RegExp(`^${pattern.join('')}${trailingSlash}$`), labels, weight }
}

/** Text as a regular expression that matches just it. */
function literal(text: string): string {
  return text.replace(/[^\w/]/g, '\\$&')
}

function requiredIn(input: Shape, location: 'query' | 'header'): string[] {
  return input.members
    .filter((member) => member.required && member.location === location)
    .map((member) => member.wireName)
}
