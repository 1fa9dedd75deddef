import { createHash } from 'node:crypto'
import { mkdir, open, opendir, rename, rm, stat, unlink, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Blob, BlobStore, ByteRange, ListedBlob, OpenBlob } from './blobs.ts'
import { syncFolder, writeAll } from './durable-files.ts'
import { StoreError } from './errors.ts'
import { missingIs } from './missing-is.ts'

export interface FileBlobsDeps {
  readonly clock: Clock
  readonly random: Random
}

/**
 * Blobs as files, `ab/cd/abcd…`, so that no folder grows beyond what tools can list. The folder is this
 * process's alone: what an earlier one left half done is removed.
 */
export async function openFileBlobs(folder: string, deps: FileBlobsDeps): Promise<BlobStore> {
  const unfinished = path.join(folder, UNFINISHED)
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  return new FileBlobs(folder, deps)
}

const UNFINISHED = 'unfinished'

class FileBlobs implements BlobStore {
  readonly #folder: string
  readonly #deps: FileBlobsDeps

  constructor(folder: string, deps: FileBlobsDeps) {
    this.#folder = folder
    this.#deps = deps
  }

  async put(
    source: Uint8Array | AsyncIterable<Uint8Array>,
    { maxBytes = Number.POSITIVE_INFINITY }: { readonly maxBytes?: number } = {},
  ): Promise<Blob> {
    const unfinished = path.join(this.#folder, UNFINISHED, this.#deps.random.hex(16))
    try {
      const blob = await writeNew(unfinished, source instanceof Uint8Array ? [source] : source, maxBytes)
      await this.#place(unfinished, blob)
      return blob
    } catch (error) {
      await rm(unfinished, { force: true })
      throw explained(error, this.#folder)
    }
  }

  async open(sha256: string, range: ByteRange = { start: 0 }): Promise<OpenBlob | undefined> {
    const file = this.#fileOf(sha256)
    const handle = file && (await missingIs(undefined, open(file)))
    if (!handle) return undefined
    const { size } = await handle.stat()
    if (range.start < 0 || range.start > size || (range.end ?? range.start) < range.start) {
      await handle.close()
      throw new RangeError(`bytes ${range.start}-${range.end ?? ''} of a blob of ${size} bytes`)
    }
    return { size, stream: handle.createReadStream({ ...range, highWaterMark: 256 * 1024 }) }
  }

  async path(sha256: string): Promise<string | undefined> {
    return (await this.has(sha256)) ? this.#fileOf(sha256) : undefined
  }

  async has(sha256: string): Promise<boolean> {
    const file = this.#fileOf(sha256)
    return file !== undefined && (await missingIs(undefined, stat(file))) !== undefined
  }

  async delete(sha256: string): Promise<boolean> {
    const file = this.#fileOf(sha256)
    return (
      file !== undefined &&
      (await missingIs(
        false,
        unlink(file).then(() => true),
      ))
    )
  }

  async *list(): AsyncIterable<ListedBlob> {
    for await (const first of namesIn(this.#folder, /^[0-9a-f]{2}$/)) {
      for await (const second of namesIn(first, /^[0-9a-f]{2}$/)) {
        for await (const file of namesIn(second, SHA256)) {
          const found = await missingIs(undefined, stat(file))
          if (!found) continue
          yield { sha256: path.basename(file), size: found.size, putAt: Math.trunc(found.mtimeMs) }
        }
      }
    }
  }

  /** Undefined for what is no SHA-256, and so might be a path out of the folder. */
  #fileOf(sha256: string): string | undefined {
    if (!SHA256.test(sha256)) return undefined
    return path.join(this.#folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256)
  }

  /** Gives a finished file its name. Who sees the name sees all of its bytes, after a power cut too. */
  async #place(unfinished: string, { sha256 }: Blob): Promise<void> {
    const file = this.#fileOf(sha256) ?? ''
    const folder = path.dirname(file)
    const now = this.#deps.clock.now() / 1000
    await utimes(unfinished, now, now)
    const made = await mkdir(folder, { recursive: true, mode: 0o700 })
    // Over one that is there already, too: it becomes young again, and garbage collection leaves it alone.
    await rename(unfinished, file)
    await syncFolder(folder)
    if (made === undefined) return
    await syncFolder(path.dirname(folder))
    await syncFolder(this.#folder)
  }
}

const SHA256 = /^[0-9a-f]{64}$/

async function writeNew(
  file: string,
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Blob> {
  const hash = createHash('sha256')
  let size = 0
  const handle = await open(file, 'wx', 0o600)
  try {
    for await (const bytes of source) {
      size += bytes.byteLength
      if (size > maxBytes) throw new StoreError('BlobTooLarge', `a blob holds more than ${maxBytes} bytes`)
      hash.update(bytes)
      await writeAll(handle, bytes)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { sha256: hash.digest('hex'), size }
}

async function* namesIn(folder: string, pattern: RegExp): AsyncIterable<string> {
  const entries = await missingIs(undefined, opendir(folder))
  if (!entries) return
  for await (const { name } of entries) if (pattern.test(name)) yield path.join(folder, name)
}

function explained(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new StoreError('DiskFull', `the disk of ${folder} is full`, { cause: error })
}
