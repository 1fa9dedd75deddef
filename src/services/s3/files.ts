import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, opendir, rename, rm, unlink } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { Random } from '../../base/random.ts'
import { syncFolder, writeAll } from '../../store/durable-files.ts'
import { missingIs } from '../../store/missing-is.ts'
import { type Algorithm, type Checksums, createHasher } from './checksums.ts'
import { entityTooLarge } from './errors.ts'
import type { StoredFile } from './object.ts'

/** Both ends included. */
export interface ByteSpan {
  readonly start: number
  readonly end: number
}

/** A file that has been written, and is durable, but that no object has yet. */
export interface WrittenFile {
  readonly file: StoredFile
  /** In hex. */
  readonly md5: string
  readonly checksums: Checksums
}

const UNFINISHED = 'unfinished'
const READ_BYTES = 256 * 1024
const FILE_NAME = /^[0-9a-f]{32}$/

/**
 * The bytes of objects, as files of a folder of their own. A file never changes: an object that is replaced gets
 * another one. Those who read a file keep it until they have read it.
 */
export class ObjectFiles {
  readonly #folder: string
  readonly #random: Random
  readonly #folders = new Set<string>()
  /** Files that are written, and may not be in the database yet. */
  readonly #new = new Set<string>()
  readonly #readers = new Map<string, number>()
  /** To be removed when nobody reads them any more. */
  readonly #unwanted = new Set<string>()

  constructor(folder: string, random: Random) {
    this.#folder = folder
    this.#random = random
  }

  async start(): Promise<void> {
    const unfinished = path.join(this.#folder, UNFINISHED)
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true, mode: 0o700 })
  }

  /** Writes a file; whoever asked says `kept` or `remove` afterwards. Holds no more of it than a piece. */
  async write(
    source: AsyncIterable<Uint8Array>,
    { bytesMax, algorithms }: { readonly bytesMax: number; readonly algorithms: readonly Algorithm[] },
  ): Promise<WrittenFile> {
    const name = this.#random.hex(16)
    const unfinished = path.join(this.#folder, UNFINISHED, name)
    this.#new.add(name)
    try {
      const handle = await open(unfinished, 'wx', 0o600)
      const written = await writeSource(handle, source, { bytesMax, algorithms }).finally(() =>
        handle.close(),
      )
      const file = this.#pathOf(name)
      await this.#ensureFolder(path.dirname(file))
      await rename(unfinished, file)
      await syncFolder(path.dirname(file))
      const { bytes, md5, checksums } = written
      return { file: { name, bytes }, md5, checksums }
    } catch (error) {
      this.#new.delete(name)
      await rm(unfinished, { force: true })
      throw error
    }
  }

  /** The database has it now. */
  kept({ name }: StoredFile): void {
    this.#new.delete(name)
  }

  /** The bytes of `files`, one after the other; undefined where they were removed meanwhile. */
  async read(files: readonly StoredFile[], span: ByteSpan): Promise<Readable | undefined> {
    if (files.some(({ name }) => this.#unwanted.has(name))) return undefined
    const pieces = piecesOf(files, span)
    const release = this.#hold(files)
    const first = pieces[0] && (await missingIs(undefined, open(this.#pathOf(pieces[0].name))))
    if (pieces.length > 0 && first === undefined) {
      release()
      return undefined
    }
    const reading = new Reading(pieces, first, (name) => open(this.#pathOf(name)))
    const stream = Readable.from(reading.chunks(), { objectMode: false, highWaterMark: READ_BYTES })
    return stream.once('close', () => {
      release()
      reading.close()
    })
  }

  /** Removes what no object has any more: at once, or when it has been read. */
  async remove(files: readonly StoredFile[]): Promise<void> {
    for (const { name } of files) this.#unwanted.add(name)
    for (const { name } of files) if (!this.#readers.has(name)) await this.#unlinkOrLeave(name)
  }

  /** Removes the files that `keptOf` does not name: a process ended before it had put them into the database. */
  async sweep(keptOf: (names: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void> {
    const folders = await missingIs(undefined, opendir(this.#folder))
    if (folders === undefined) return
    for await (const { name: folder } of folders) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue
      let names: string[] = []
      for await (const { name } of await opendir(path.join(this.#folder, folder))) {
        if (FILE_NAME.test(name) && !this.#new.has(name)) names.push(name)
        if (names.length < 500) continue
        await this.#sweepThese(names, keptOf)
        names = []
      }
      await this.#sweepThese(names, keptOf)
    }
  }

  async #sweepThese(
    names: readonly string[],
    keptOf: (names: readonly string[]) => Promise<ReadonlySet<string>>,
  ): Promise<void> {
    if (names.length === 0) return
    const kept = await keptOf(names)
    for (const name of names) if (!kept.has(name)) await this.#unlink(name)
  }

  #hold(files: readonly StoredFile[]): () => void {
    for (const { name } of files) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1)
    return () => {
      for (const { name } of files) {
        const left = (this.#readers.get(name) ?? 1) - 1
        if (left > 0) this.#readers.set(name, left)
        else this.#readers.delete(name)
        if (left <= 0 && this.#unwanted.has(name)) void this.#unlinkOrLeave(name)
      }
    }
  }

  /** What could not be removed is swept at the next start. */
  #unlinkOrLeave(name: string): Promise<void> {
    return this.#unlink(name).catch(() => {})
  }

  async #unlink(name: string): Promise<void> {
    try {
      await missingIs(undefined, unlink(this.#pathOf(name)))
    } finally {
      this.#unwanted.delete(name)
      this.#new.delete(name)
    }
  }

  #pathOf(name: string): string {
    return path.join(this.#folder, name.slice(0, 2), name)
  }

  async #ensureFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await syncFolder(this.#folder)
    this.#folders.add(folder)
  }
}

interface Piece extends ByteSpan {
  readonly name: string
}

/** Which bytes of which files a span is. */
function piecesOf(files: readonly StoredFile[], span: ByteSpan): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const { name, bytes } of files) {
    const start = Math.max(span.start - from, 0)
    const end = Math.min(span.end - from, bytes - 1)
    if (start <= end) pieces.push({ name, start, end })
    from += bytes
  }
  return pieces
}

/** Reads pieces of files one after the other, with one file open at a time. */
class Reading {
  readonly #pieces: readonly Piece[]
  readonly #open: (name: string) => Promise<FileHandle>
  #handle: FileHandle | undefined
  #isClosed = false

  constructor(
    pieces: readonly Piece[],
    first: FileHandle | undefined,
    openFile: (name: string) => Promise<FileHandle>,
  ) {
    this.#pieces = pieces
    this.#handle = first
    this.#open = openFile
  }

  async *chunks(): AsyncIterable<Buffer> {
    for (const { name, start, end } of this.#pieces) {
      this.#handle ??= await this.#open(name)
      for (let at = start; at <= end && !this.#isClosed; ) {
        const wanted = Math.min(READ_BYTES, end - at + 1)
        const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(wanted), 0, wanted, at)
        if (bytesRead === 0) throw new Error(`the file ${name} of an object is shorter than it was`)
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
      await this.#closeFile()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#closeFile().catch(() => {})
  }

  async #closeFile(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }
}

async function writeSource(
  handle: FileHandle,
  source: AsyncIterable<Uint8Array>,
  { bytesMax, algorithms }: { readonly bytesMax: number; readonly algorithms: readonly Algorithm[] },
): Promise<{ bytes: number; md5: string; checksums: Checksums }> {
  const md5 = createHash('md5')
  const hashers = algorithms.map((algorithm) => ({ algorithm, hasher: createHasher(algorithm) }))
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw entityTooLarge()
    md5.update(chunk)
    for (const { hasher } of hashers) hasher.update(chunk)
    await writeAll(handle, chunk)
  }
  await handle.sync()
  const checksums = Object.fromEntries(hashers.map(({ algorithm, hasher }) => [algorithm, hasher.digest()]))
  return { bytes, md5: md5.digest('hex'), checksums }
}
