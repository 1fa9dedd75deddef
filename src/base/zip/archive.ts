import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import { ZipError } from './error.ts'

/** One read of this size serves the headers of a thousand entries; small packages are one read altogether. */
const WINDOW_BYTES = 256 * 1024

/**
 * An open archive: a buffer, or a file of which one window is kept in memory. Reads are synchronous: they come
 * from the page cache nearly always, and a trip through libuv's threads costs more than they do.
 */
export class Archive extends RandomAccessReader {
  readonly size: number
  readonly #fd: number | undefined
  #window: Buffer
  #windowStart = 0

  constructor(file: string | Buffer) {
    super()
    if (typeof file === 'string') {
      this.#fd = openSync(file, 'r')
      this.size = fstatSync(this.#fd).size
      this.#window = Buffer.alloc(0)
    } else {
      this.#fd = undefined
      this.size = file.length
      this.#window = file
    }
  }

  async readDirectory(): Promise<ZipFile> {
    try {
      const options = { autoClose: false, lazyEntries: true, decodeStrings: false }
      return await fromRandomAccessReaderPromise(this, this.size, options)
    } catch (cause) {
      throw broken(cause)
    }
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    let failed: Error | null = null
    try {
      this.bytes(position, length).copy(target, offset)
    } catch (error) {
      failed = error as Error
    }
    done(failed)
  }

  /** `length` bytes at `start`: a view, not to be written to. */
  bytes(start: number, length: number): Buffer {
    if (start < 0 || start + length > this.size) throw new ZipError('broken', 'the archive is cut off')
    const inWindow = start >= this.#windowStart && start + length <= this.#windowStart + this.#window.length
    if (!inWindow) this.#fill(start, length)
    const from = start - this.#windowStart
    return this.#window.subarray(from, from + length)
  }

  closeFile(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
  }

  #fill(start: number, length: number): void {
    const wanted = Math.min(this.size - start, Math.max(length, WINDOW_BYTES))
    const window = Buffer.allocUnsafe(wanted)
    for (let have = 0; have < wanted; ) {
      const count = readSync(this.#fd as number, window, have, wanted - have, start + have)
      if (count === 0) throw new ZipError('broken', 'the archive became shorter while it was read')
      have += count
    }
    this.#window = window
    this.#windowStart = start
  }
}

/** What yauzl or zlib throw at bytes that are no archive; our own refusals and the disk's errors stay. */
export function broken(cause: unknown, entry?: string): unknown {
  if (cause instanceof ZipError) return cause
  const code = (cause as NodeJS.ErrnoException).code
  if (code !== undefined && !code.startsWith('Z_') && !code.startsWith('ERR_')) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  return new ZipError('broken', text, entry === undefined ? { cause } : { cause, entry })
}
