import { createHash } from 'node:crypto'
import { invalidImage, missingImage } from './error.ts'
import type { Files } from './files.ts'
import {
  type Descriptor,
  DOCUMENT_BYTES_MAX,
  digestOf,
  hexOf,
  MANIFEST_TYPES,
  readIndex,
} from './manifest.ts'
import type { ImageSource } from './source.ts'

/** An image in files: an OCI layout, or what `docker save` writes. */
export async function openFiles(uri: string, files: Files, tag: string | undefined): Promise<ImageSource> {
  const index = await document(uri, files, 'index.json')
  if (index !== undefined) return ociLayout(uri, files, chosen(uri, index, tag))
  const list = await document(uri, files, 'manifest.json')
  if (list !== undefined) return dockerArchive(uri, files, list, tag)
  throw invalidImage(
    uri,
    'there is neither an index.json, as in an OCI layout, nor a manifest.json of docker save',
  )
}

function ociLayout(uri: string, files: Files, top: Descriptor): ImageSource {
  const manifest = async ({ digest }: Descriptor) => {
    const bytes = await document(uri, files, `blobs/sha256/${hexOf(digest)}`)
    if (bytes === undefined) throw invalidImage(uri, `${digest} is missing`)
    return bytes
  }
  return {
    top: async () => {
      const bytes = await manifest(top)
      if (digestOf(bytes) !== top.digest) throw invalidImage(uri, `${top.digest} has other bytes`)
      return bytes
    },
    manifest,
    blob: async ({ digest }) => {
      const found = await files.open(`blobs/sha256/${hexOf(digest)}`)
      if (found === undefined) throw invalidImage(uri, `${digest} is missing`)
      return found.bytes
    },
    close: () => files.close(),
  }
}

/** The only image, or the one of that name. */
function chosen(uri: string, index: Buffer, tag: string | undefined): Descriptor {
  const manifests = readIndex(uri, index) ?? []
  const [only] = manifests
  if (tag === undefined && manifests.length === 1 && only !== undefined) return only
  const wanted = tag ?? 'latest'
  const found = manifests.find(({ name }) => name === wanted || name?.endsWith(`:${wanted}`))
  if (found === undefined) throw missingImage(uri)
  return found
}

/**
 * Docker's own format has no manifest and names no digests: a manifest is made of what there is. What it needs of each layer
 * is found by reading it.
 */
async function dockerArchive(
  uri: string,
  files: Files,
  list: Buffer,
  tag: string | undefined,
): Promise<ImageSource> {
  const { Config, Layers } = savedImage(uri, list, tag)
  const names = new Map<string, string>()
  const describe = async (name: string, mediaType: string): Promise<Descriptor> => {
    const found = await files.open(name)
    if (found === undefined) throw invalidImage(uri, `${name} is missing`)
    const hash = createHash('sha256')
    for await (const bytes of found.bytes) hash.update(bytes)
    const digest = `sha256:${hash.digest('hex')}`
    names.set(digest, name)
    return { digest, size: found.size, mediaType }
  }
  const layers: Descriptor[] = []
  const config = await describe(Config, 'application/vnd.oci.image.config.v1+json')
  for (const name of Layers) layers.push(await describe(name, 'application/vnd.oci.image.layer.v1.tar'))
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPES[0], config, layers }),
  )
  return {
    top: async () => manifest,
    manifest: async () => manifest,
    blob: async ({ digest }) => {
      const found = await files.open(names.get(digest) ?? '')
      if (found === undefined) throw invalidImage(uri, `${digest} is missing`)
      return found.bytes
    },
    close: () => files.close(),
  }
}

interface SavedImage {
  readonly Config: string
  readonly Layers: readonly string[]
}

function savedImage(uri: string, list: Buffer, tag: string | undefined): SavedImage {
  let images: (Partial<SavedImage> & { RepoTags?: string[] | null })[]
  try {
    images = JSON.parse(list.toString('utf8'))
  } catch (error) {
    throw invalidImage(uri, 'its manifest.json is no JSON', error)
  }
  if (!Array.isArray(images)) throw invalidImage(uri, 'its manifest.json is no list')
  const alone = tag === undefined && images.length === 1
  const wanted = tag ?? 'latest'
  const found = alone
    ? images[0]
    : images.find((one) => one?.RepoTags?.some?.((name) => String(name).endsWith(`:${wanted}`)))
  if (found === undefined) throw missingImage(uri)
  const { Config, Layers } = found ?? {}
  if (typeof Config !== 'string' || !Array.isArray(Layers) || Layers.some((one) => typeof one !== 'string'))
    throw invalidImage(uri, 'its manifest.json lists no layers')
  return { Config, Layers }
}

async function document(uri: string, files: Files, name: string): Promise<Buffer | undefined> {
  const found = await files.open(name)
  if (found === undefined) return undefined
  if (found.size > DOCUMENT_BYTES_MAX) throw invalidImage(uri, `${name} is too large`)
  return Buffer.concat(await Array.fromAsync(found.bytes))
}
