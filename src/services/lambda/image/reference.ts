/** What an ImageUri names. */
export type ImageReference =
  | { readonly kind: 'archive' | 'layout'; readonly path: string; readonly tag: string | undefined }
  | {
      readonly kind: 'registry'
      /** With the port, where one is named. */
      readonly host: string
      readonly repository: string
      /** A tag, or a digest `sha256:…`. */
      readonly reference: string
    }

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/
const REPOSITORY = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/
const HOST = /^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$/

/**
 * `oci-archive:/path.tar[:tag]`, `docker-archive:/path.tar[:tag]` and `file:///path.tar` are files, `oci:/path[:tag]` is a folder, anything
 * else is `host[:port]/repository[:tag|@sha256:…]`. Undefined for what is none of these.
 */
export function readImageUri(uri: string): ImageReference | undefined {
  if (uri.length > 4096 || uri.includes('\0')) return undefined
  if (uri.startsWith('file://')) return local('archive', decoded(uri.slice('file://'.length)))
  const scheme = /^(oci|oci-archive|docker-archive):(?=\/)/.exec(uri)
  if (scheme !== null) {
    return local(scheme[1] === 'oci' ? 'layout' : 'archive', uri.slice(scheme[0].length))
  }
  return remote(uri)
}

function local(kind: 'archive' | 'layout', rest: string | undefined): ImageReference | undefined {
  if (rest === undefined || !rest.startsWith('/')) return undefined
  const colon = rest.indexOf(':', rest.lastIndexOf('/'))
  if (colon < 0) return { kind, path: rest, tag: undefined }
  const tag = rest.slice(colon + 1)
  return TAG.test(tag) ? { kind, path: rest.slice(0, colon), tag } : undefined
}

function remote(uri: string): ImageReference | undefined {
  const slash = uri.indexOf('/')
  const host = uri.slice(0, slash)
  if (slash < 0 || !HOST.test(host) || !/[.:]|^localhost$/.test(host)) return undefined
  const [named = '', digest, ...more] = uri.slice(slash + 1).split('@')
  const colon = named.indexOf(':')
  const repository = colon < 0 ? named : named.slice(0, colon)
  const tag = colon < 0 ? 'latest' : named.slice(colon + 1)
  if (more.length > 0 || !REPOSITORY.test(repository) || !TAG.test(tag)) return undefined
  if (digest !== undefined && !DIGEST.test(digest)) return undefined
  return { kind: 'registry', host, repository, reference: digest ?? tag }
}

/** The URI with the digest that it led to, as GetFunction shows it. */
export function resolvedUri(uri: string, digest: string): string {
  const reference = readImageUri(uri)
  if (reference?.kind === 'registry') return `${reference.host}/${reference.repository}@${digest}`
  return `${uri}@${digest}`
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
