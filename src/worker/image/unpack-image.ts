import { chmodSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { unpackLayer } from '../../base/tar/index.ts'
import { openLayer } from './layers.ts'

/** AWS's limit on an image, uncompressed. */
const BYTES_MAX = 10 * 1024 ** 3
/** A large distribution with a desktop has some 300,000. */
const ENTRIES_MAX = 1_000_000

/** Where the sandbox has what it enters an image with. */
export const ENTER = '/.lambdad'

/**
 * Makes `folder` the root file system of the image with these layers, the lowest first. It appears whole, by a
 * rename from a folder beside it, or not at all. Returns the size of its files. Throws a `TarError` or zlib's
 * errors for what is wrong with a layer.
 */
export async function unpackImage(
  layers: readonly string[],
  folder: string,
  bytesMax: number = BYTES_MAX,
): Promise<number> {
  const partial = mkdtempSync(`${folder}.partial-`)
  try {
    const allowance = { bytes: bytesMax, entries: ENTRIES_MAX }
    for (const layer of layers) await unpackLayer(await openLayer(layer), partial, allowance)
    makeMountPoints(partial)
    chmodSync(partial, 0o755)
    renameSync(partial, folder)
    return bytesMax - allowance.bytes
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/** What the sandbox mounts over must be there, and be no link: the tree is read-only then. */
function makeMountPoints(root: string): void {
  for (const name of ['/proc', '/dev', '/tmp', '/mnt', '/etc', ENTER]) {
    const place = root + name
    if (isThere(place, 'isDirectory')) continue
    mkdirSync(place, { mode: 0o755 })
    chmodSync(place, 0o755)
  }
  for (const name of ['/etc/hosts', '/etc/resolv.conf']) {
    if (!isThere(root + name, 'isFile')) writeFileSync(root + name, '')
  }
}

/** Anything else of that name gives way. */
function isThere(place: string, kind: 'isDirectory' | 'isFile'): boolean {
  const found = lstatSync(place, { throwIfNoEntry: false })
  if (found?.[kind]()) return true
  if (found !== undefined) rmSync(place, { recursive: true, force: true })
  return false
}
