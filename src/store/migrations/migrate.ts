import type { Kysely } from 'kysely'
import type { Database } from '../database.ts'
import { StoreError } from '../errors.ts'
import { type MigrationStep, STEPS } from './index.ts'

export interface MigrateOptions {
  /** The program's version, kept beside what it migrates, for messages. */
  readonly programVersion?: string
  /** Where the database is, for messages: a folder, or a URL without its password. */
  readonly place?: string
  /** The list of migrations; another one in tests only. */
  readonly steps?: Readonly<Record<string, MigrationStep>>
  /**
   * Called before tables that hold data are changed; `from` is the newest migration that they have had.
   * Answers in a sentence what was done to keep the old state.
   */
  readonly beforeChange?: (from: string) => Promise<string>
  /** Hears that data was migrated. */
  readonly say?: (message: string) => void
  /** Begins the transaction: keeps other nodes from migrating at the same time. */
  readonly lock?: (transaction: Kysely<object>) => Promise<void>
}

/**
 * Brings the tables up to date, in one transaction, or throws `DatabaseNewer`. On a database that is up to
 * date this is one small query: Kysely's own Migrator takes several, and start-up time counts.
 */
export async function migrate(
  database: Pick<Database, 'kysely' | 'write' | 'dialect'>,
  options: MigrateOptions = {},
): Promise<void> {
  const { steps = STEPS, programVersion = 'unknown', beforeChange, lock } = options
  const applied = await appliedTo(database.kysely)
  if (missingFrom(applied, steps, options).length === 0) return
  const newest = applied.at(-1)
  const kept = newest && (await beforeChange?.(newest.name))

  await database.write(async (transaction) => {
    await lock?.(transaction)
    await createMigrationTable(transaction)
    for (const [name, step] of missingFrom(await select(transaction), steps, options)) {
      await step(transaction, database.dialect)
      await record(transaction, { name, program_version: programVersion })
    }
  })
  if (newest !== undefined) {
    options.say?.(
      `${placeOf(options)} was brought from schema ${newest.name} to ${lastOf(steps)}. ${kept ?? ''}`,
    )
  }
}

const placeOf = ({ place }: MigrateOptions) => place ?? 'the database'
const lastOf = (steps: MigrateOptions['steps']) =>
  Object.keys(steps ?? {})
    .sort()
    .at(-1) ?? 'none'

interface Row {
  name: string
  program_version: string
}

const select = (kysely: Kysely<object>) =>
  kysely
    .withTables<{ lambdad_migrations: Row }>()
    .selectFrom('lambdad_migrations')
    .selectAll()
    .orderBy('name')
    .execute()

/** The migrations that a database has had; none where it is new. */
async function appliedTo(kysely: Kysely<object>): Promise<readonly Row[]> {
  try {
    return await select(kysely)
  } catch (error) {
    if (isMissingTable(error)) return []
    throw error
  }
}

function isMissingTable(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === '42P01' || message === 'no such table: lambdad_migrations'
}

async function createMigrationTable(transaction: Kysely<object>): Promise<void> {
  await transaction.schema
    .createTable('lambdad_migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('program_version', 'text', (column) => column.notNull())
    .execute()
}

async function record(transaction: Kysely<object>, row: Row): Promise<void> {
  await transaction
    .withTables<{ lambdad_migrations: Row }>()
    .insertInto('lambdad_migrations')
    .values(row)
    .execute()
}

function missingFrom(
  applied: readonly Row[],
  steps: Readonly<Record<string, MigrationStep>>,
  options: MigrateOptions,
): [string, MigrationStep][] {
  const unknown = applied.findLast(({ name }) => !(name in steps))
  if (unknown !== undefined) throw newer(unknown, lastOf(steps), options)
  const names = new Set(applied.map(({ name }) => name))
  return Object.entries(steps).filter(([name]) => !names.has(name))
}

function newer(theirs: Row, ours: string, options: MigrateOptions): StoreError {
  return new StoreError(
    'DatabaseNewer',
    `${placeOf(options)} was written by lambdad ${theirs.program_version} (schema ${theirs.name}); this is lambdad ` +
      `${options.programVersion ?? 'unknown'} (schema ${ours}), which is older: start the newer one`,
  )
}
