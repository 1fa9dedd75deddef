import { createReadStream } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { TarError } from '../../../base/tar/error.ts'
import { readTar } from '../../../base/tar/index.ts'
import { invalidImage, missingImage } from './error.ts'

/** Files by their names in a layout, be it a folder or an archive. */
export interface Files {
  /** Undefined where there is no such file. */
  open(name: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> } | undefined>
  close(): Promise<void>
}

export async function folderFiles(uri: string, folder: string): Promise<Files> {
  const root = await realpath(folder).catch((error) => {
    throw missingImage(uri, error)
  })
  return {
    open: async (name) => {
      const file = await realpath(path.join(root, name)).catch(() => undefined)
      // Links may lead to other places of the layout, but not out of it.
      if (file === undefined || !file.startsWith(`${root}/`)) return undefined
      const found = await stat(file)
      return found.isFile() ? { size: found.size, bytes: createReadStream(file) } : undefined
    },
    close: async () => {},
  }
}

/** Entries of an archive that an image is made of: 128 layers and their documents, and what others add. */
const ENTRIES_MAX = 10_000

/** Reads where the files are, and then each from its place: nothing is copied. */
export async function archiveFiles(uri: string, file: string): Promise<Files> {
  const handle = await open(file).catch((error) => {
    throw missingImage(uri, error)
  })
  try {
    const places = await placesIn(uri, handle)
    return {
      open: async (name) => {
        const place = places.get(path.posix.normalize(name))
        return place && { size: place.size, bytes: bytesOf(handle, place.offset, place.size) }
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error instanceof TarError ? invalidImage(uri, `no tar archive: ${error.message}`, error) : error
  }
}

interface Place {
  readonly offset: number
  readonly size: number
}

async function placesIn(uri: string, handle: FileHandle): Promise<Map<string, Place>> {
  if (!(await handle.stat()).isFile()) throw invalidImage(uri, 'it is no file')
  const places = new Map<string, Place>()
  let links: [string, string][] = []
  for await (const { entry } of readTar(wholeFile(handle))) {
    if (places.size + links.length >= ENTRIES_MAX) throw invalidImage(uri, 'the archive has too many entries')
    const name = path.posix.normalize(entry.name)
    if (entry.kind === 'file') places.set(name, { offset: entry.offset, size: entry.size })
    // `docker save` of old links layers that it has already.
    if (entry.kind === 'symlink') links.push([name, path.posix.join(path.posix.dirname(name), entry.link)])
    if (entry.kind === 'hardlink') links.push([name, path.posix.normalize(entry.link)])
  }
  for (const [name, target] of links) {
    const place = places.get(target)
    if (place !== undefined) places.set(name, place)
  }
  links = []
  return places
}

const CHUNK = 256 * 1024

/** Reads in larger pieces than it is asked for, and passes over what is not wanted by reading it. */
async function* wholeFile(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const { size } = await handle.stat()
  yield* bytesOf(handle, 0, size)
}

async function* bytesOf(handle: FileHandle, offset: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < offset + size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, offset + size - at))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
