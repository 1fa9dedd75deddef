import { createHash } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { retry } from '../../../base/retry.ts'
import type { BlobStore } from '../../../store/blobs.ts'
import { collectCode } from '../code.ts'
import type { Code, PulledImage } from '../function.ts'
import type { FunctionStore } from '../store.ts'
import { dockerLogin } from './docker-config.ts'
import { deniedImage, ImageError, invalidImage } from './error.ts'
import { archiveFiles, folderFiles } from './files.ts'
import { openFiles } from './layout.ts'
import {
  choosePlatform,
  type Descriptor,
  DOCUMENT_BYTES_MAX,
  digestOf,
  hexOf,
  type ImageSettings,
  type Manifest,
  readIndex,
  readManifest,
  readSettings,
} from './manifest.ts'
import { readImageUri, resolvedUri } from './reference.ts'
import { openRegistry } from './registry.ts'
import type { ImageSource } from './source.ts'

/** Which images may be used, and with what logins. */
export interface ImageSettingsOfHost {
  /** Whether callers may name files of this machine. They can make the daemon read what they could not. */
  readonly localFiles: boolean
  /** Docker's configuration file, which has the logins of registries. */
  readonly dockerConfig: string
}

export interface PullDeps {
  readonly functions: FunctionStore
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly random: Random
  readonly images: ImageSettingsOfHost
}

/** 10 GB at 10 MB a second take 17 minutes. What a crash cut short is collected after this. */
const PULL_MS_MAX = 45 * 60_000

const ARCHITECTURES = { x86_64: 'amd64', arm64: 'arm64' } as const

/**
 * Fetches an image into the blobs, layer by layer, while `use` gives it to a version. Layers that are there are
 * not fetched again. Where anything throws, or the process dies, nothing stays behind but what other versions have.
 */
export async function withImage<Result>(
  deps: PullDeps,
  wanted: { readonly uri: string; readonly architecture: 'x86_64' | 'arm64'; readonly signal: AbortSignal },
  use: (code: Code) => Promise<Result>,
): Promise<Result> {
  const { uri, architecture } = wanted
  const deadline = new AbortController()
  const timer = deps.clock.after(PULL_MS_MAX, () => deadline.abort())
  const signal = AbortSignal.any([wanted.signal, deadline.signal])
  const source = await openSource(deps, uri, signal).catch(fatal(timer))
  try {
    const found = await resolve(source, uri, ARCHITECTURES[architecture])
    return await withPinned(deps, found.hashes, async () => {
      for (const layer of found.manifest.layers) await fetchBlob(deps, source, uri, layer, signal)
      await deps.blobs.put(found.bytes)
      const image = pulled(uri, found)
      const sha256 = hexOf(image.digest)
      await deps.functions.holdLayers(sha256, image.layers)
      return await use({ sha256, size: 0, unzippedSize: 0, image: { uri, pulled: image } })
    })
  } finally {
    timer.cancel()
    await source.close()
  }
}

function fatal(timer: { cancel(): void }) {
  return (error: unknown): never => {
    timer.cancel()
    throw error
  }
}

async function openSource(deps: PullDeps, uri: string, signal: AbortSignal): Promise<ImageSource> {
  const reference = readImageUri(uri)
  if (reference === undefined) throw invalidImage(uri, 'it is no address of an image')
  if (reference.kind === 'registry') {
    const loginOf = (host: string) => dockerLogin(deps.images.dockerConfig, host)
    return openRegistry(uri, reference, { ...deps, signal, loginOf })
  }
  if (!deps.images.localFiles)
    throw deniedImage(uri, 'files of this machine are not for callers where signatures are checked')
  const open = reference.kind === 'layout' ? folderFiles : archiveFiles
  const files = await open(uri, reference.path)
  return openFiles(uri, files, reference.tag).catch(async (error) => {
    await files.close()
    throw error
  })
}

interface Resolved {
  readonly bytes: Buffer
  readonly manifest: Manifest
  readonly settings: ImageSettings
  /** Of all that is kept. */
  readonly hashes: readonly string[]
}

async function resolve(source: ImageSource, uri: string, architecture: string): Promise<Resolved> {
  const bytes = await manifestOf(source, uri, architecture)
  const manifest = readManifest(uri, bytes)
  const settings = readSettings(uri, await small(source, uri, manifest.config))
  if (settings.architecture !== architecture)
    throw invalidImage(
      uri,
      `it is made for ${settings.architecture}, and the function is for ${architecture}`,
    )
  const hashes = [digestOf(bytes), ...manifest.layers.map(({ digest }) => digest)].map(hexOf)
  return { bytes, manifest, settings, hashes: [...new Set(hashes)] }
}

async function manifestOf(source: ImageSource, uri: string, architecture: string): Promise<Buffer> {
  let bytes = await source.top()
  // An index may list an index; more levels nobody writes.
  for (let level = 0; level < 2; level++) {
    const index = readIndex(uri, bytes)
    if (index === undefined) return bytes
    const chosen = choosePlatform(uri, index, architecture)
    bytes = await source.manifest(chosen)
    if (digestOf(bytes) !== chosen.digest) throw otherBytes(uri, chosen)
  }
  return bytes
}

async function small(source: ImageSource, uri: string, descriptor: Descriptor): Promise<Buffer> {
  if (descriptor.size > DOCUMENT_BYTES_MAX) throw invalidImage(uri, 'its configuration is too large')
  const stream = verified(uri, descriptor, await source.blob(descriptor))
  return Buffer.concat(await Array.fromAsync(stream))
}

async function fetchBlob(
  { blobs, clock, random }: PullDeps,
  source: ImageSource,
  uri: string,
  layer: Descriptor,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  if (await blobs.has(hexOf(layer.digest))) return
  // A line that breaks off; requests that are refused were tried again before.
  await retry(async () => blobs.put(verified(uri, layer, await source.blob(layer))), {
    clock,
    random,
    attempts: 3,
    baseMs: 200,
    maxMs: 2000,
    isTransient: (error) => error instanceof ImageError && error.fault === 'InternalError',
    signal,
  })
}

/** The bytes, of which the last are passed on only where all are as described. */
async function* verified(
  uri: string,
  descriptor: Descriptor,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let size = 0
  for await (const bytes of source) {
    size += bytes.byteLength
    if (size > descriptor.size) throw otherBytes(uri, descriptor)
    hash.update(bytes)
    yield bytes
  }
  if (size !== descriptor.size || hash.digest('hex') !== hexOf(descriptor.digest))
    throw otherBytes(uri, descriptor)
}

function pulled(uri: string, { bytes, manifest, settings }: Resolved): PulledImage {
  const { entryPoint, command, workingDirectory, variables } = settings
  const digest = digestOf(bytes)
  const layers = manifest.layers.map((layer) => hexOf(layer.digest))
  return {
    digest,
    resolvedUri: resolvedUri(uri, digest),
    layers,
    entryPoint,
    command,
    workingDirectory,
    variables,
  }
}

/** Nothing of these is collected while `work` runs. */
async function withPinned<Result>(
  deps: PullDeps,
  hashes: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  const until = deps.clock.now() + PULL_MS_MAX + 60_000
  const pins = hashes.map((sha256) => ({ id: deps.random.uuid(), sha256, until }))
  try {
    for (const pin of pins) await deps.functions.pinCode(pin)
    return await work()
  } finally {
    // The image comes first: it lets go of its layers.
    for (const { id, sha256 } of pins) await collectCode(deps, [sha256], id)
  }
}

function otherBytes(uri: string, { digest }: Descriptor): ImageError {
  return invalidImage(uri, `${digest} has other bytes`)
}
