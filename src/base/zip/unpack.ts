import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  symlinkSync,
  utimesSync,
  write,
  writeSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { Archive } from './archive.ts'
import { pauser, type ZipSummary } from './inspect.ts'
import { LAMBDA_ZIP_LIMITS, type Planned, planOf, type ZipLimits } from './plan.ts'
import { isSmall, readLarge, readSmall } from './read.ts'

const FOLDER_MODE = 0o755
const writeTo = promisify(write)

/**
 * Makes `directory` out of an archive: files with their modes and times, folders, and the links that stay
 * inside. It appears whole, by a rename from a folder beside it, or not at all. Where it is there already and
 * not empty, the rename's ENOTEMPTY or EEXIST is thrown and it stays as it was. Its parent must exist.
 * Throws a `ZipError` for what is wrong with the archive, and the file system's errors as they come.
 */
export async function unpackZip(
  file: string | Buffer,
  directory: string,
  limits: ZipLimits = LAMBDA_ZIP_LIMITS,
): Promise<ZipSummary> {
  const archive = new Archive(file)
  let partial: string | undefined
  try {
    const plan = await planOf(archive, limits)
    partial = mkdtempSync(`${path.resolve(directory)}.partial-`)
    await writeAll(archive, plan, partial)
    chmodSync(partial, FOLDER_MODE)
    renameSync(partial, directory)
    return { entries: plan.length, unzippedBytes: plan.reduce((sum, { bytes }) => sum + bytes, 0) }
  } catch (error) {
    if (partial !== undefined) await rm(partial, { recursive: true, force: true })
    throw error
  } finally {
    archive.closeFile()
  }
}

async function writeAll(archive: Archive, plan: readonly Planned[], root: string): Promise<void> {
  const makeFolder = folderMaker(root)
  const pause = pauser()
  for (const planned of plan) {
    const target = path.join(root, planned.path)
    makeFolder(planned.kind === 'folder' ? planned.path : path.posix.dirname(planned.path))
    if (planned.kind === 'file') await writeFile(archive, planned, target)
    if (planned.kind === 'link') writeLink(planned, target)
    await pause(planned.bytes)
  }
  // Last, since each file that is made inside a folder changes the folder's time.
  for (const planned of plan) {
    if (planned.kind === 'folder')
      utimesSync(path.join(root, planned.path), planned.modified, planned.modified)
  }
}

/** Makes folders with all that lead to them, each once. */
function folderMaker(root: string): (inside: string) => void {
  const made = new Set<string>(['.'])
  const make = (inside: string): void => {
    if (made.has(inside)) return
    make(path.posix.dirname(inside))
    const target = path.join(root, inside)
    mkdirSync(target)
    chmodSync(target, FOLDER_MODE) // mkdir's own mode passes through the umask
    made.add(inside)
  }
  return make
}

async function writeFile(archive: Archive, planned: Planned, target: string): Promise<void> {
  // 'wx': on a file system that folds case, two names may be one file; that fails here, and leaves nothing.
  const fd = openSync(target, 'wx', 0o600)
  try {
    if (isSmall(planned)) writeFully(fd, readSmall(archive, planned))
    else await readLarge(archive, planned, (chunk) => writeChunk(fd, chunk))
    fchmodSync(fd, planned.mode)
    futimesSync(fd, planned.modified, planned.modified)
  } finally {
    closeSync(fd)
  }
}

function writeFully(fd: number, data: Buffer): void {
  for (let done = 0; done < data.length; ) done += writeSync(fd, data, done)
}

async function writeChunk(fd: number, chunk: Buffer): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await writeTo(fd, chunk, done, chunk.length - done, null)).bytesWritten
  }
}

function writeLink(planned: Planned, target: string): void {
  symlinkSync(planned.target as string, target)
  lutimesSync(target, planned.modified, planned.modified)
}
