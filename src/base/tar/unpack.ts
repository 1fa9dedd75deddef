import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { pauser } from '../zip/inspect.ts'
import { TarError } from './error.ts'
import { readTar, type TarEntry } from './read.ts'
import { folderIn, partsOf } from './tree.ts'

/** What may still be made; layers of one image share it. */
export interface Allowance {
  bytes: number
  entries: number
}

/** Names in layers that say what of the layers below is gone (OCI Image Specification, "Layer Filesystem Changeset"). */
const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * Adds a layer of an image to the tree at `root`, which must be nobody else's meanwhile. Files and folders belong
 * to this process's user, who can always read them; set-uid bits, devices and pipes are left out, since no
 * sandbox would let them work. Throws a `TarError` for what is wrong with the layer; the tree is then half made.
 */
export async function unpackLayer(
  layer: AsyncIterable<Uint8Array>,
  root: string,
  allowance: Allowance,
): Promise<void> {
  const tree = new LayerTree(root)
  const pause = pauser()
  for await (const { entry, body } of readTar(layer)) {
    if (--allowance.entries < 0) throw new TarError('too-many-entries', 'the image has too many files')
    allowance.bytes -= entry.kind === 'file' ? entry.size : 0
    if (allowance.bytes < 0) throw new TarError('too-large', 'the image is too large', { entry: entry.name })
    await tree.add(entry, body)
    await pause(entry.size)
  }
}

class LayerTree {
  readonly #root: string
  /** Of this layer, with the folders above: whiteouts do not mean these. */
  readonly #own = new Set<string>()
  /** Folders by the names that entries call them. */
  readonly #folders = new Map<string, string>()

  constructor(root: string) {
    this.#root = root
  }

  async add(entry: TarEntry, body: AsyncIterable<Uint8Array>): Promise<void> {
    const parts = partsOf(entry.name)
    const name = parts.pop()
    if (name === undefined) return
    const folder = this.#folder(parts)
    if (name === OPAQUE) return this.#hideBelow(folder)
    if (name.startsWith(WHITEOUT)) return this.#hide(folder, name.slice(WHITEOUT.length), entry)
    if (entry.kind === 'device') return
    const place = `${folder}/${name}`
    this.#own.add(place)
    if (entry.kind === 'folder') this.#makeFolder(place, entry)
    else {
      this.#remove(place)
      if (entry.kind === 'file') await writeFile(place, entry, body)
      else if (entry.kind === 'symlink') this.#makeSymlink(place, entry)
      else this.#makeHardLink(place, entry)
    }
  }

  #folder(parts: readonly string[]): string {
    const name = parts.join('/')
    const known = this.#folders.get(name)
    if (known !== undefined) return known
    const folder = folderIn(this.#root, parts)
    for (let up = folder; up !== this.#root; up = path.dirname(up)) this.#own.add(up)
    this.#folders.set(name, folder)
    return folder
  }

  #makeFolder(place: string, { mode }: TarEntry): void {
    const found = lstatSync(place, { throwIfNoEntry: false })
    if (found !== undefined && !found.isDirectory()) this.#remove(place)
    if (found === undefined || !found.isDirectory()) mkdirSync(place)
    chmodSync(place, (mode & 0o1777) | 0o700)
  }

  #makeSymlink(place: string, entry: TarEntry): void {
    if (entry.link === '' || entry.link.includes('\0'))
      throw new TarError('name-invalid', 'a link to nothing', { entry: entry.name })
    symlinkSync(entry.link, place)
  }

  #makeHardLink(place: string, entry: TarEntry): void {
    const parts = partsOf(entry.link)
    const name = parts.pop()
    const target = name === undefined ? this.#root : `${this.#folder(parts)}/${name}`
    const found = lstatSync(target, { throwIfNoEntry: false })
    if (found === undefined || found.isDirectory()) {
      throw new TarError('link-escapes', 'a hard link to what is no file of the image', { entry: entry.name })
    }
    linkSync(target, place)
  }

  #remove(place: string): void {
    const found = lstatSync(place, { throwIfNoEntry: false })
    if (found === undefined) return
    rmSync(place, { recursive: true, force: true })
    // A name may lead elsewhere from now on.
    this.#folders.clear()
  }

  #hide(folder: string, name: string, entry: TarEntry): void {
    if (name === '' || name === '.' || name === '..')
      throw new TarError('name-invalid', 'a whiteout of nothing', { entry: entry.name })
    const place = `${folder}/${name}`
    if (!this.#own.has(place)) this.#remove(place)
    else if (lstatSync(place).isDirectory()) this.#hideBelow(place)
  }

  /** Removes what is not of this layer. */
  #hideBelow(folder: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const place = `${folder}/${entry.name}`
      if (!this.#own.has(place)) this.#remove(place)
      else if (entry.isDirectory()) this.#hideBelow(place)
    }
  }
}

async function writeFile(place: string, entry: TarEntry, body: AsyncIterable<Uint8Array>): Promise<void> {
  const file = openSync(place, 'wx', 0o600)
  try {
    for await (const bytes of body) {
      for (let done = 0; done < bytes.byteLength; ) done += writeSync(file, bytes, done)
    }
    fchmodSync(file, (entry.mode & 0o777) | 0o400)
    // Python trusts its compiled files by their sources' times.
    futimesSync(file, entry.modifiedSeconds, entry.modifiedSeconds)
  } finally {
    closeSync(file)
  }
}
