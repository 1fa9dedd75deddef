import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Kysely } from 'kysely'
import { type Clock, realClock } from '../base/clock.ts'
import type { Database, DialectFacts, Tables } from './database.ts'
import { lockFolder } from './folder-lock.ts'
import { GroupCommit } from './group-commit.ts'
import { type MigrateOptions, migrate } from './migrations/index.ts'
import { batchesOn } from './sqlite-batches.ts'
import { copyDatabase } from './sqlite-copy.ts'
import { readerDialect, writerDialect } from './sqlite-dialect.ts'
import { SqliteFile } from './sqlite-file.ts'

const facts: DialectFacts = {
  name: 'sqlite',
  types: { bytes: 'blob', integer: 'integer' },
  supportsSkipLocked: false,
  isShared: false,
}

export interface SqliteOptions extends MigrateOptions {
  /** The caller has locked the folder already. */
  readonly isLocked?: boolean
  /** For the names of copies. */
  readonly clock?: Clock
}

/** Opens the database in `file`, or one that is kept nowhere (`:memory:`), and brings its tables up to date. */
export async function openSqlite(file: string, options: SqliteOptions = {}): Promise<Database> {
  const files = file === ':memory:' ? openUnkept() : openKept(file, options.isLocked ?? false)
  try {
    return await openOver(files, file, options)
  } catch (error) {
    files.close()
    throw error
  }
}

/**
 * One connection writes and another one reads, so that reads see what is committed and never wait for a
 * transaction that is under way.
 */
interface Files {
  readonly writer: SqliteFile
  readonly reader: SqliteFile
  close(): void
}

async function openOver(files: Files, file: string, options: SqliteOptions): Promise<Database> {
  const { writer, reader } = files
  const kysely = new Kysely<Tables>({ dialect: readerDialect(reader) })
  const commits = new GroupCommit(new Kysely<Tables>({ dialect: writerDialect(writer) }), batchesOn(writer))
  await migrate(
    { kysely, dialect: facts, write: (work) => commits.write(work, { limitMs: MIGRATION_MS_MAX }) },
    { ...options, place: file, beforeChange: copying(writer, file, options.clock ?? realClock) },
  )
  const close = async () => {
    await commits.close()
    await kysely.destroy()
    files.close()
  }
  let closed: Promise<void> | undefined
  return {
    dialect: facts,
    kysely,
    write: (work) => commits.write(work),
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

const copying = (writer: SqliteFile, file: string, clock: Clock) => async (from: string) =>
  `A copy of what was before is ${copyDatabase(writer, file, from, clock)}.`

/** Hours: a migration may have to rewrite all that is there. */
const MIGRATION_MS_MAX = 24 * 3600_000

// FULL: what a commit acknowledged survives a power cut.
const SETTINGS = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma foreign_keys = on;
  -- A log that grew while another program read for long gives its space back.
  pragma journal_size_limit = 67108864;`
const READER_SETTINGS = 'pragma query_only = on;'

function openKept(file: string, isLocked: boolean): Files {
  const lock = isLocked ? undefined : lockFolder(path.dirname(file))
  const open: { close(): void }[] = []
  const close = () => {
    for (const one of open.toReversed()) one.close()
    lock?.release()
  }
  try {
    const writer = new SqliteFile(file, SETTINGS)
    open.push(writer)
    const reader = new SqliteFile(file, READER_SETTINGS)
    open.push(reader)
    return { writer, reader, close }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * SQLite's own `:memory:` cannot be read while it is written. This is a file like any other, never synced,
 * whose name is gone as soon as it is open: the system takes its space back when the process ends, however
 * it ends.
 */
function openUnkept(): Files {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-unkept-'))
  try {
    const file = path.join(folder, 'db')
    const writer = new SqliteFile(file, `${SETTINGS} pragma synchronous = off; create table opened (x);`)
    const reader = new SqliteFile(file, `${READER_SETTINGS} select * from opened;`)
    writer.exec('drop table opened')
    const close = () => {
      reader.close()
      writer.close()
    }
    return { writer, reader, close }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
