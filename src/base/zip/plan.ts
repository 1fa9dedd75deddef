import type { Entry } from 'yauzl'
import { type Archive, broken } from './archive.ts'
import { ZipError } from './error.ts'
import { checkLinks } from './links.ts'
import { isMadeOnDos, pathInPackage, rawName } from './name.ts'
import { readSmall } from './read.ts'

/** What a package may hold at most. */
export interface ZipLimits {
  /** All files together, unzipped. */
  readonly unzippedBytes: number
  /** Files, folders and links together: each costs an inode, and time at every cold start. */
  readonly entries: number
}

/** Lambda's limit on a package's size; the one on entries is ours, four times the largest package we know. */
export const LAMBDA_ZIP_LIMITS: ZipLimits = { unzippedBytes: 262_144_000, entries: 100_000 }

/** What is to be made of one entry. */
export interface Planned {
  readonly kind: 'file' | 'folder' | 'link'
  /** Inside the package, `/` between folders. */
  readonly path: string
  /** Permission bits; for folders and links without meaning. */
  readonly mode: number
  readonly modified: Date
  readonly bytes: number
  readonly entry: Entry
  readonly dataStart: number
  /** Where a link leads, as written. */
  readonly target?: string
}

/** The longest that Linux lets a link be. */
const LINK_BYTES_MAX = 4095

const TYPE_MASK = 0o170000
const REGULAR = 0o100000
const FOLDER = 0o040000
const LINK = 0o120000

/** Every entry, checked: after this only the data itself can be wrong. */
export async function planOf(archive: Archive, limits: ZipLimits): Promise<Planned[]> {
  const zip = await archive.readDirectory()
  if (zip.entryCount > limits.entries) {
    throw new ZipError('too-many-entries', `${zip.entryCount} entries; the limit is ${limits.entries}`)
  }
  const plan = new Map<string, Planned>()
  let bytes = 0
  try {
    for await (const entry of zip.eachEntry()) {
      const planned = await planEntry(archive, entry, zip.readLocalFileHeaderPromise.bind(zip))
      if (planned === undefined) continue
      bytes += planned.bytes
      if (bytes > limits.unzippedBytes) throw tooLarge(limits)
      addTo(plan, planned)
    }
  } catch (error) {
    throw broken(error)
  }
  const entries = [...plan.values()]
  checkParents(plan)
  checkLinks(entries)
  return entries
}

export function tooLarge(limits: ZipLimits): ZipError {
  return new ZipError('too-large', `unzipped, the package is larger than ${limits.unzippedBytes} bytes`)
}

type ReadHeader = (entry: Entry, options: { minimal: true }) => Promise<{ fileDataStart: number }>

/** `undefined` for the package's own folder, which some archivers list. */
async function planEntry(
  archive: Archive,
  entry: Entry,
  readHeader: ReadHeader,
): Promise<Planned | undefined> {
  const name = rawName(entry)
  const path = pathInPackage(name, isMadeOnDos(entry))
  if (entry.isEncrypted()) throw new ZipError('encrypted', `${name} is encrypted`, { entry: name })
  const kind = kindOf(entry, name)
  if (path === '' && kind === 'folder') return undefined
  if (path === '') throw new ZipError('name-invalid', `${name} is no name for a file`, { entry: name })
  if (kind !== 'folder' && !entry.canDecodeFileData()) {
    const text = `${name} is compressed by method ${entry.compressionMethod}; only 0 and 8 are read`
    throw new ZipError('unsupported-compression', text, { entry: name })
  }
  if (kind === 'link' && (entry.uncompressedSize === 0 || entry.uncompressedSize > LINK_BYTES_MAX)) {
    throw new ZipError('name-invalid', `the link ${name} is empty or too long`, { entry: name })
  }

  const { fileDataStart } = await readHeader(entry, { minimal: true })
  const planned: Planned = {
    kind,
    path,
    mode: modeOf(entry),
    modified: modifiedAt(entry),
    bytes: kind === 'folder' ? 0 : entry.uncompressedSize,
    entry,
    dataStart: fileDataStart,
  }
  if (kind !== 'link') return planned
  return { ...planned, target: readSmall(archive, planned).toString('utf8') }
}

/** The upper half of the external attributes holds st_mode; some archivers on Windows fill it, too. */
function unixMode(entry: Entry): number {
  return entry.externalFileAttributes >>> 16
}

function kindOf(entry: Entry, name: string): Planned['kind'] {
  const type = unixMode(entry) & TYPE_MASK
  if (type === LINK) return 'link'
  if (type === FOLDER || name.endsWith('/') || (isMadeOnDos(entry) && name.endsWith('\\'))) return 'folder'
  if (type !== 0 && type !== REGULAR) {
    throw new ZipError('special-file', `${name} is neither file, folder nor link`, { entry: name })
  }
  return 'file'
}

/**
 * A function does not run as the owner of its files, so that all of them are readable for all. Set-id bits
 * mean nothing there and are dropped.
 */
function modeOf(entry: Entry): number {
  const mode = unixMode(entry)
  return mode === 0 ? 0o644 : (mode & 0o777) | 0o444
}

/** DOS times have no zone; Lambda's machines run on UTC. */
function modifiedAt(entry: Entry): Date {
  const date = entry.getLastModDate({ timezone: 'UTC' })
  return Number.isNaN(date.getTime()) ? new Date(0) : date
}

function addTo(plan: Map<string, Planned>, planned: Planned): void {
  const before = plan.get(planned.path)
  if (before !== undefined && !(before.kind === 'folder' && planned.kind === 'folder')) {
    throw new ZipError('duplicate', `${planned.path} is there twice`, { entry: planned.path })
  }
  plan.set(planned.path, planned)
}

/** Nothing lies inside a file or a link: through a link it could land anywhere. */
function checkParents(plan: ReadonlyMap<string, Planned>): void {
  for (const path of plan.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = plan.get(path.slice(0, end))
      if (parent !== undefined && parent.kind !== 'folder') {
        throw new ZipError('under-link', `${path} lies inside ${parent.path}, a ${parent.kind}`, {
          entry: path,
        })
      }
    }
  }
}
