import { constants } from 'node:fs'
import { access, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { StoreError } from './errors.ts'
import { lockFolder, notWritable, ownerOf } from './folder-lock.ts'

/** The folder of one lambdad, and where in it things are. */
export interface DataFolder {
  readonly path: string
  readonly databaseFile: string
  readonly blobs: string
  /** What may be deleted at any time while lambdad is stopped: it is made again. */
  readonly cache: string
  /** Gives the folder to the next process. */
  close(): void
}

/** How the folder is laid out. A change of the tables inside the database is no change of this. */
const LAYOUT = 1

/** What a folder may hold that is ours without saying so: a process ended before it had written `version`. */
const BEFORE_VERSION = new Set(['lock', 'lock-journal', 'lock.pid', 'version.new'])

/**
 * Takes the folder at `path` for this process, and makes it where it is missing: for its owner alone, since
 * functions' code and variables are in it.
 *
 * @throws StoreError: `DatabaseLocked`, `DatabaseNewer`, `FolderNotWritable`, or `BadSetting` for a folder
 *   that holds something else.
 */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const root = path.resolve(folder)
  await makeFolder(root)
  await refuseForeign(root)
  const lock = lockFolder(root)
  try {
    await keepLayout(root)
    const inside = { blobs: path.join(root, 'blobs'), cache: path.join(root, 'cache') }
    await Promise.all(Object.values(inside).map(makeFolder))
    return { path: root, databaseFile: path.join(root, 'lambdad.db'), ...inside, close: () => lock.release() }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The process id of the lambdad that has the folder; `undefined` where none has. */
export async function lockedBy(folder: string): Promise<number | undefined> {
  return ownerOf(path.resolve(folder))
}

/** Whether lambdad made this folder: what it did not make it must not delete. */
export async function isDataFolder(folder: string): Promise<boolean> {
  return (await layoutOf(path.resolve(folder))) !== undefined
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (!(await stat(folder)).isDirectory()) throw new Error('it is no folder')
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw notWritable(folder, error)
  }
}

/** `lambdad reset` deletes the folder: somebody's home must not become one by a slip. */
async function refuseForeign(root: string): Promise<void> {
  const names = await readdir(root)
  if (names.includes('version') || names.every((name) => BEFORE_VERSION.has(name))) return
  throw new StoreError(
    'BadSetting',
    `${root} holds other things than data of lambdad: choose a folder that is empty or new`,
  )
}

async function keepLayout(root: string): Promise<void> {
  const layout = await layoutOf(root)
  if (layout === LAYOUT) return
  if (layout !== undefined) {
    throw new StoreError(
      'DatabaseNewer',
      `${root} was laid out by a newer lambdad (layout ${layout}; this one knows layout ${LAYOUT}): start the newer one`,
    )
  }
  await writeFile(path.join(root, 'version.new'), `${LAYOUT}\n`)
  await rename(path.join(root, 'version.new'), path.join(root, 'version'))
}

async function layoutOf(root: string): Promise<number | undefined> {
  try {
    return Number((await readFile(path.join(root, 'version'), 'utf8')).trim())
  } catch {
    return undefined
  }
}
