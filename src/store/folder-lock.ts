import { readFileSync, writeFileSync } from 'node:fs'
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
  const owner = path.join(folder, 'lock.pid')
  const lock = openLock(folder)
  try {
    lock.exec('begin exclusive')
    writeFileSync(owner, `${process.pid}\n`)
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== 5) throw notWritable(folder, error)
    throw new StoreError('DatabaseLocked', `${folder} is in use by another lambdad${pidIn(owner)}`)
  }
  return { release: () => lock.close() }
}

function openLock(folder: string): DatabaseSync {
  try {
    return new DatabaseSync(path.join(folder, 'lock'))
  } catch (error) {
    throw notWritable(folder, error)
  }
}

function pidIn(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`
  } catch {
    return ''
  }
}

export function notWritable(folder: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('FolderNotWritable', `the folder ${folder} cannot be written: ${reason}`, { cause })
}
