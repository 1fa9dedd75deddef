import { createHash } from 'node:crypto'
import { invalidImage } from './error.ts'

/** Of AWS: all layers together, uncompressed. Compressed ones cannot be more. */
export const IMAGE_BYTES_MAX = 10 * 1024 ** 3
/** Docker makes images of at most 127 layers. */
const LAYERS_MAX = 128
/** Manifests and configurations are some KB; registries take 4 MB. */
export const DOCUMENT_BYTES_MAX = 4 * 1024 ** 2

export const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

export interface Descriptor {
  readonly digest: string
  readonly size: number
  readonly mediaType: string
  readonly architecture?: string
  readonly os?: string
  /** As a layout names it. */
  readonly name?: string
}

export interface Manifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** What an image says of how it runs (OCI Image Specification, "Image Configuration"). */
export interface ImageSettings {
  readonly architecture: string
  readonly entryPoint: readonly string[]
  readonly command: readonly string[]
  readonly workingDirectory: string
  readonly variables: Readonly<Record<string, string>>
}

type Json = Readonly<Record<string, unknown>>

/** The manifests that an index lists, or undefined where the document is none. */
export function readIndex(uri: string, bytes: Uint8Array): Descriptor[] | undefined {
  const { manifests } = parsed(uri, bytes)
  if (manifests === undefined) return undefined
  return list(uri, manifests).map((one) => descriptor(uri, one))
}

export function readManifest(uri: string, bytes: Uint8Array): Manifest {
  const { schemaVersion, config, layers } = parsed(uri, bytes)
  if (schemaVersion !== 2 || config === undefined)
    throw invalidImage(uri, 'its manifest is neither of OCI nor of Docker, version 2')
  const manifest = {
    config: descriptor(uri, config),
    layers: list(uri, layers).map((one) => descriptor(uri, one)),
  }
  if (manifest.layers.length > LAYERS_MAX) throw invalidImage(uri, `it has more than ${LAYERS_MAX} layers`)
  const bytesOfAll = manifest.layers.reduce((sum, { size }) => sum + size, 0)
  if (bytesOfAll > IMAGE_BYTES_MAX) throw invalidImage(uri, 'it is larger than 10 GB')
  for (const { mediaType } of manifest.layers) {
    if (!/(tar|tar[.+](gzip|zstd))$/.test(mediaType))
      throw invalidImage(uri, `its layers are of the unknown type ${mediaType}`)
  }
  return manifest
}

export function readSettings(uri: string, bytes: Uint8Array): ImageSettings {
  const { architecture, os, config } = parsed(uri, bytes)
  if (typeof architecture !== 'string')
    throw invalidImage(uri, 'it does not say for which architecture it is')
  if (os !== undefined && os !== 'linux')
    throw invalidImage(uri, `it is made for ${String(os)}, not for linux`)
  const settings = (config ?? {}) as Json
  return {
    architecture,
    entryPoint: strings(uri, settings.Entrypoint),
    command: strings(uri, settings.Cmd),
    workingDirectory: typeof settings.WorkingDir === 'string' ? settings.WorkingDir : '',
    variables: Object.fromEntries(strings(uri, settings.Env).map(splitVariable)),
  }
}

/** Of several manifests the one for this machine. Attestations and the like have no platform. */
export function choosePlatform(
  uri: string,
  manifests: readonly Descriptor[],
  architecture: string,
): Descriptor {
  const [only] = manifests
  if (manifests.length === 1 && only !== undefined && only.architecture === undefined) return only
  const found = manifests.find((one) => one.os === 'linux' && one.architecture === architecture)
  if (found === undefined) throw invalidImage(uri, `it has no manifest for linux/${architecture}`)
  return found
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length)
}

function parsed(uri: string, bytes: Uint8Array): Json {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Json
  } catch (error) {
    throw invalidImage(uri, 'a document of it is no JSON', error)
  }
  throw invalidImage(uri, 'a document of it is no object')
}

function descriptor(uri: string, value: unknown): Descriptor {
  const { digest, size, mediaType, platform, annotations } = (value ?? {}) as Json
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw invalidImage(uri, 'a digest of it is no SHA-256')
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw invalidImage(uri, 'a size of it is no number')
  const { architecture, os } = (platform ?? {}) as Json
  const name = ((annotations ?? {}) as Json)['org.opencontainers.image.ref.name']
  return {
    digest,
    size: size as number,
    mediaType: String(mediaType ?? ''),
    ...(typeof architecture === 'string' && { architecture }),
    ...(typeof os === 'string' && { os }),
    ...(typeof name === 'string' && { name }),
  }
}

function list(uri: string, value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length > 1000)
    throw invalidImage(uri, 'a list of it is none, or too long')
  return value
}

function strings(uri: string, value: unknown): string[] {
  if (value === undefined || value === null) return []
  const found = list(uri, value)
  if (found.some((one) => typeof one !== 'string' || one.includes('\0')))
    throw invalidImage(uri, 'a list of its configuration has other things than texts')
  return found as string[]
}

function splitVariable(variable: string): [string, string] {
  const equals = variable.indexOf('=')
  return equals < 0 ? [variable, ''] : [variable.slice(0, equals), variable.slice(equals + 1)]
}
