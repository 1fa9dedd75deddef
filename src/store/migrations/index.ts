import { type Kysely, type Migration, Migrator } from 'kysely'
import type { DialectFacts } from '../database.ts'

/** What a migration may ask of the database beside its tables. */
// biome-ignore lint/suspicious/noExplicitAny: a migration sees the tables as they were, which no type describes
export type MigrationStep = (kysely: Kysely<any>, facts: DialectFacts) => Promise<void>

/** In their order; a migration that was released is never changed. */
const STEPS: Readonly<Record<string, MigrationStep>> = {}

/** Brings the tables up to date. */
export async function migrate(kysely: Kysely<never> | Kysely<object>, facts: DialectFacts): Promise<void> {
  const migrations: Record<string, Migration> = {}
  for (const [name, step] of Object.entries(STEPS)) migrations[name] = { up: (db) => step(db, facts) }
  const migrator = new Migrator({
    db: kysely as Kysely<object>,
    provider: { getMigrations: async () => migrations },
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}
