import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from './errors.ts'

export interface FolderLock {
  release(): void
}

/**
 * Takes a folder for this process, or throws `DatabaseLocked`. SQLite's own file lock is used, since Node has
 * none: the kernel gives it back when the process ends, however it ends.
 */
export function lockFolder(folder: string): FolderLock {
  const lock = tryLock(folder)
  if (lock === undefined) {
    const owner = pidIn(folder)
    const who = owner === undefined ? '' : ` (process ${owner})`
    throw new StoreError('DatabaseLocked', `${folder} is in use by another lambdad${who}`)
  }
  try {
    writeFileSync(pidFile(folder), `${process.pid}\n`)
  } catch (error) {
    lock.close()
    throw notWritable(folder, error)
  }
  return { release: () => lock.close() }
}

/** The process that has locked the folder; `undefined` where none has. */
export function ownerOf(folder: string): number | undefined {
  if (!existsSync(lockFile(folder))) return undefined
  const lock = tryLock(folder)
  if (lock === undefined) return pidIn(folder) ?? 0
  lock.close()
  return undefined
}

export function notWritable(folder: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('FolderNotWritable', `the folder ${folder} cannot be written: ${reason}`, { cause })
}

const lockFile = (folder: string) => path.join(folder, 'lock')
const pidFile = (folder: string) => path.join(folder, 'lock.pid')

/** `undefined` where somebody has it. The lock is held until the connection is closed. */
function tryLock(folder: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(lockFile(folder))
    // In memory: nothing is ever written, and a journal file would stay behind a kill -9.
    lock.exec('pragma journal_mode = memory; begin exclusive')
    return lock
  } catch (error) {
    lock?.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw notWritable(folder, error)
  }
}

const SQLITE_BUSY = 5

function pidIn(folder: string): number | undefined {
  try {
    return Number(readFileSync(pidFile(folder), 'utf8')) || undefined
  } catch {
    return undefined
  }
}
