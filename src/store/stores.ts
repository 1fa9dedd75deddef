import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Clock, realClock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { openFileBlobs } from './blobs.files.ts'
import type { BlobStore } from './blobs.ts'
import { MemoryChanges } from './changes.memory.ts'
import type { Changes } from './changes.ts'
import { type DataFolder, lockedBy, openDataFolder } from './data-folder.ts'
import type { Database } from './database.ts'
import { type KeptValues, SqlKeptValues } from './kept-values.ts'
import { SqlLeases } from './leases.sql.ts'
import type { Leases } from './leases.ts'
import { openSqlite } from './sqlite.ts'

export interface StoreSettings {
  /** The data folder; made where it is missing. */
  readonly data: string
  /** Nothing is kept, and `data` is left alone. */
  readonly memory: boolean
  /** `postgres://…`, or nothing for SQLite in the data folder. */
  readonly database: string
}

export interface StoresDeps {
  /** For leases and the age of blobs: may be a virtual one. */
  readonly clock: Clock
  readonly random: Random
  /** Kept beside what is migrated, for messages. */
  readonly programVersion: string
  /** Hears what the operator should know: that data was migrated, and where the copy is. */
  readonly say: (message: string) => void
}

/** All that lambdad keeps. */
export interface Stores {
  readonly database: Database
  readonly blobs: BlobStore
  readonly leases: Leases
  readonly changes: Changes
  readonly values: KeptValues
  readonly folder: DataFolder
  /** Finishes the writes that were begun, and gives the data folder to the next process. */
  close(): Promise<void>
}

/** Opens what the settings name. @throws StoreError, whose message says what to do. */
export async function openStores(settings: StoreSettings, deps: StoresDeps): Promise<Stores> {
  // What was opened is closed in reverse, at the end or where the next thing fails.
  const opened: (() => unknown)[] = []
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one()
  }
  try {
    const folder = await openFolder(settings, opened)
    const database = await openDatabase(settings, folder, deps)
    opened.push(() => database.close())
    const changes = await openChanges(settings, database, deps)
    opened.push(() => changes.close())
    const blobs = await openFileBlobs(folder.blobs, deps)
    const leases = new SqlLeases(database, deps.clock)
    return { database, blobs, leases, changes, values: new SqlKeptValues(database), folder, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openFolder({ memory, data }: StoreSettings, opened: (() => unknown)[]): Promise<DataFolder> {
  if (memory) await removeForgotten()
  const place = memory ? await mkdtemp(path.join(tmpdir(), TEMPORARY)) : data
  if (memory) opened.push(() => rm(place, { recursive: true, force: true }))
  const folder = await openDataFolder(place)
  opened.push(() => folder.close())
  return folder
}

async function openDatabase(
  settings: StoreSettings,
  folder: DataFolder,
  deps: StoresDeps,
): Promise<Database> {
  const { programVersion, say } = deps
  if (settings.database !== '') {
    const { openPostgres } = await importPostgres()
    return openPostgres(settings.database, { programVersion, say })
  }
  const file = settings.memory ? ':memory:' : folder.databaseFile
  return openSqlite(file, { isLocked: true, programVersion, say, clock: deps.clock })
}

async function openChanges(settings: StoreSettings, database: Database, deps: StoresDeps): Promise<Changes> {
  if (settings.database === '') return new MemoryChanges()
  const { openPostgresChanges } = await importPostgres()
  return openPostgresChanges(settings.database, { database, clock: realClock, random: deps.random })
}

/** Only where it is used: pg takes 30 ms to load. */
async function importPostgres() {
  return { ...(await import('./postgres.ts')), ...(await import('./changes.postgres.ts')) }
}

/** Blobs must be files, also where nothing is kept: functions' code is unpacked from them. */
const TEMPORARY = 'lambdad-memory-'

/** The folders of processes that were killed. One that has been locked, and is not, has nobody any more. */
async function removeForgotten(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(TEMPORARY)) continue
    const folder = path.join(tmpdir(), name)
    const isForgotten = await Promise.all([readdir(folder), lockedBy(folder)]).then(
      ([names, owner]) => names.includes('lock.pid') && owner === undefined,
      // Somebody else's, or gone meanwhile.
      () => false,
    )
    if (isForgotten) await rm(folder, { recursive: true, force: true })
  }
}
