import { chmodSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { unpackZip } from '../../base/zip/index.ts'

/** A package's files, kept while in use. */
export interface UnpackedCode {
  readonly folder: string
  /** To be called once, when no environment needs them any more. */
  release(): void
}

interface Entry {
  readonly folder: string
  unpacked: Promise<void>
  /** Known once it is unpacked. */
  bytes: number
  users: number
}

/**
 * Unpacked packages, shared read-only by all environments of a version: `<folder>/<sha256>/`. Bounded by size,
 * the longest unused go first, never one in use.
 */
export class CodeCache {
  readonly #folder: string
  readonly #bytesMax: number
  readonly #report: (error: unknown) => void
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  /** What daemons before this one have left and nobody has used since. It goes first. */
  readonly #older = new Map<string, Entry>()
  /** Of that, what is not measured yet. */
  #unmeasured: string[] = []
  readonly #removals = new Set<Promise<void>>()
  #removed = 0
  #bytes = 0

  constructor(
    folder: string,
    options: { readonly bytesMax: number; readonly report: (error: unknown) => void },
  ) {
    this.#folder = folder
    this.#bytesMax = options.bytesMax
    this.#report = options.report
    mkdirSync(folder, { recursive: true })
  }

  /** Removes what a daemon that ended without warning had not finished. What it had is used again. */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (/\.(partial-|removed)/.test(name))
        await rm(`${this.#folder}/${name}`, { recursive: true, force: true })
      else this.#unmeasured.push(name)
    }
  }

  /** The package's files. Throws unpackZip's errors. */
  take(sha256: string, zip: () => Promise<string>): Promise<UnpackedCode> {
    return this.takeMade(sha256, async (folder) => (await unpackZip(await zip(), folder)).unzippedBytes)
  }

  /**
   * What `make` makes of a folder, now where nobody did before; who asks meanwhile shares the work. It makes all
   * of it or nothing, and returns the size of the files.
   */
  async takeMade(sha256: string, make: (folder: string) => Promise<number>): Promise<UnpackedCode> {
    const entry = this.#entries.get(sha256) ?? this.#older.get(sha256) ?? this.#unpack(sha256, make)
    this.#older.delete(sha256)
    this.#entries.delete(sha256)
    this.#entries.set(sha256, entry)
    entry.users++
    try {
      await entry.unpacked
    } catch (error) {
      if (this.#entries.get(sha256) === entry) this.#entries.delete(sha256)
      throw error
    }
    return { folder: entry.folder, release: () => this.#release(entry) }
  }

  /** What is there of a name, made by this daemon or by one before; undefined where nothing is. */
  async takeKept(name: string): Promise<UnpackedCode | undefined> {
    const isKnown = this.#entries.has(name) || this.#older.has(name)
    if (!isKnown && !isFolder(`${this.#folder}/${name}`)) return undefined
    // Where it has gone just now, there is nothing to take.
    return this.takeMade(name, () => Promise.reject(new Error(`${name} is gone`))).catch(() => undefined)
  }

  /**
   * Makes something beforehand, for whoever takes it later; until it is whole, nobody finds it. `make` returns the size
   * of the files. Where that is 0 nothing is kept, and this is false.
   */
  async make(name: string, make: (folder: string) => Promise<number>): Promise<boolean> {
    const partial = await mkdtemp(`${this.#folder}/${name}.partial-`)
    try {
      const bytes = await make(partial)
      if (bytes === 0) return false
      const made = await this.takeMade(name, async (folder) => {
        chmodSync(partial, 0o755)
        renameSync(partial, folder)
        return bytes
      })
      made.release()
      return true
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
  }

  /** Resolves when what was to go is gone from the disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#removals)
  }

  #unpack(sha256: string, make: (folder: string) => Promise<number>): Entry {
    const folder = `${this.#folder}/${sha256}`
    const entry: Entry = { folder, users: 0, bytes: 0, unpacked: Promise.resolve() }
    entry.unpacked = unpackOnce(folder, make).then((bytes) => {
      entry.bytes = bytes
      this.#bytes += bytes
    })
    return entry
  }

  #release(entry: Entry): void {
    entry.users--
    this.#makeRoom()
    this.#measureOne().then(() => this.#makeRoom(), this.#report)
  }

  #makeRoom(): void {
    for (const entries of [this.#older, this.#entries]) {
      for (const [sha256, unused] of entries) {
        if (this.#bytes <= this.#bytesMax) return
        if (unused.users === 0) this.#remove(sha256, unused)
      }
    }
  }

  /** One at a time, as environments end: a large cache takes a while, and there is no hurry. */
  async #measureOne(): Promise<void> {
    const name = this.#unmeasured.pop()
    if (name === undefined || this.#entries.has(name)) return
    const folder = `${this.#folder}/${name}`
    const bytes = await sizeOf(folder).catch(() => undefined)
    if (bytes === undefined || !(await isFolder(folder))) return
    // It was taken, and measured, meanwhile.
    if (this.#entries.has(name)) return
    this.#older.set(name, { folder, users: 0, bytes, unpacked: Promise.resolve() })
    this.#bytes += bytes
  }

  #remove(sha256: string, entry: Entry): void {
    this.#entries.delete(sha256)
    this.#older.delete(sha256)
    this.#bytes -= entry.bytes
    // Away from its name at once: who wants it from now on unpacks it anew, while the old files go.
    const removed = `${entry.folder}.removed-${++this.#removed}`
    renameSync(entry.folder, removed)
    const removal = rm(removed, { recursive: true, force: true })
      .catch(this.#report)
      .finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
  }
}

/** Returns the size of the files. */
async function unpackOnce(folder: string, make: (folder: string) => Promise<number>): Promise<number> {
  return isFolder(folder) ? sizeOf(folder) : make(folder)
}

/** A start waits for it, and a thread of the pool would take ten times as long. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(`${entry.parentPath}/${entry.name}`)).size
  }
  return bytes
}
