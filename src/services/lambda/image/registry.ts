import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { retry } from '../../../base/retry.ts'
import { deniedImage, ImageError, invalidImage, missingImage } from './error.ts'
import { type Descriptor, DOCUMENT_BYTES_MAX, digestOf, INDEX_TYPES, MANIFEST_TYPES } from './manifest.ts'
import type { ImageReference } from './reference.ts'
import type { ImageSource } from './source.ts'

export interface RegistryDeps {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** The Authorization header for a registry, where there is a login. */
  readonly loginOf: (host: string) => Promise<string | undefined>
}

const ACCEPT = [...MANIFEST_TYPES, ...INDEX_TYPES].join(', ')
const TOKEN_BYTES_MAX = 64 * 1024

/** An image of a registry (OCI Distribution Specification; Docker Registry API v2). */
export function openRegistry(
  uri: string,
  reference: Extract<ImageReference, { kind: 'registry' }>,
  deps: RegistryDeps,
): ImageSource {
  const registry = new Registry(uri, reference, deps)
  const manifest = (name: string) => registry.document(`manifests/${name}`, { accept: ACCEPT })
  return {
    top: async () => {
      const bytes = await manifest(reference.reference)
      if (reference.reference.startsWith('sha256:') && digestOf(bytes) !== reference.reference)
        throw invalidImage(uri, 'the registry answers other bytes than the digest says')
      return bytes
    },
    manifest: ({ digest }) => manifest(digest),
    blob: ({ digest }: Descriptor) => registry.stream(`blobs/${digest}`),
    close: async () => {},
  }
}

/** Requests to one repository, with the token or the login that it wants to see. */
class Registry {
  readonly #uri: string
  readonly #base: string
  readonly #host: string
  readonly #deps: RegistryDeps
  #authorization: string | undefined

  constructor(
    uri: string,
    { host, repository }: { readonly host: string; readonly repository: string },
    deps: RegistryDeps,
  ) {
    this.#uri = uri
    this.#host = host
    this.#deps = deps
    const address = host === 'docker.io' ? 'registry-1.docker.io' : host
    this.#base = `${isLoopback(host) ? 'http' : 'https'}://${address}/v2/${repository}/`
  }

  async document(name: string, headers: Record<string, string>): Promise<Buffer> {
    const response = await this.#get(name, headers)
    return this.#bounded(response, DOCUMENT_BYTES_MAX)
  }

  async stream(name: string): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#get(name, {})
    if (body === null) throw invalidImage(this.#uri, 'the registry answers without a body')
    return this.#named(body)
  }

  #get(name: string, headers: Record<string, string>): Promise<Response> {
    return retry(() => this.#authorized(name, headers), {
      clock: this.#deps.clock,
      random: this.#deps.random,
      attempts: 4,
      baseMs: 200,
      maxMs: 3000,
      isTransient: (error) => error instanceof ImageError && error.fault === 'InternalError',
      signal: this.#deps.signal,
    })
  }

  async #authorized(name: string, headers: Record<string, string>): Promise<Response> {
    let response = await this.#fetch(this.#base + name, headers, this.#authorization)
    if (response.status === 401) {
      await response.body?.cancel()
      this.#authorization = await this.#answerTo(response.headers.get('www-authenticate') ?? '')
      response = await this.#fetch(this.#base + name, headers, this.#authorization)
    }
    if (response.ok) return response
    await response.body?.cancel()
    if (response.status === 404) throw missingImage(this.#uri)
    if (response.status === 401 || response.status === 403)
      throw deniedImage(this.#uri, `the registry answers ${response.status}`)
    const fault = response.status === 429 || response.status >= 500 ? 'InternalError' : 'InvalidImage'
    throw new ImageError(fault, `The registry of the image ${this.#uri} answers ${response.status}.`)
  }

  /** What the challenge asks for: a token from the place it names, or the login itself. */
  async #answerTo(challenge: string): Promise<string> {
    const login = await this.#deps.loginOf(this.#host)
    if (/^basic\b/i.test(challenge)) {
      if (login === undefined) throw deniedImage(this.#uri, 'it needs a login: docker login writes one')
      return login
    }
    const { realm, service, scope } = parametersOf(challenge)
    const url = realm === undefined ? null : URL.parse(realm)
    if (!/^bearer\b/i.test(challenge) || url === null)
      throw deniedImage(this.#uri, 'the registry asks for an authorization of an unknown kind')
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.host)))
      throw deniedImage(this.#uri, `its tokens are at ${url.origin}, which is not https`)
    if (service !== undefined) url.searchParams.set('service', service)
    if (scope !== undefined) url.searchParams.set('scope', scope)
    return this.#token(await this.#fetch(url.href, {}, login))
  }

  async #token(response: Response): Promise<string> {
    const text = await this.#bounded(response, TOKEN_BYTES_MAX)
    if (!response.ok) throw deniedImage(this.#uri, `the registry gives no token: ${response.status}`)
    try {
      const { token, access_token } = JSON.parse(text.toString('utf8'))
      return `Bearer ${token ?? access_token}`
    } catch {
      throw deniedImage(this.#uri, 'the registry gives no token that can be read')
    }
  }

  async #fetch(url: string, headers: Record<string, string>, authorization: string | undefined) {
    try {
      return await fetch(url, {
        headers: { ...headers, ...(authorization !== undefined && { authorization }) },
        signal: this.#deps.signal,
      })
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  async #bounded(response: Response, max: number): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.#named(response.body ?? [])) {
      size += chunk.byteLength
      if (size > max) throw invalidImage(this.#uri, 'a document of the registry is too large')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  /** Where the connection breaks off, says of which image. */
  async *#named(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  #unreachable(error: unknown): ImageError {
    const { message, cause } = error as Error
    const why = cause instanceof Error ? cause.message : message
    return new ImageError(
      'InternalError',
      `The registry of the image ${this.#uri} cannot be reached: ${why}`,
      {
        cause: error,
      },
    )
  }
}

/** `Bearer realm="https://…",service="…",scope="…"` */
function parametersOf(challenge: string): Record<string, string | undefined> {
  return Object.fromEntries(
    [...challenge.matchAll(/([a-z]+)="([^"]*)"/gi)].map((match) => [match[1], match[2]]),
  )
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host)
}
