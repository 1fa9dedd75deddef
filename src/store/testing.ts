import { describe, test } from 'node:test'
import type { Database } from './database.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import { hasPostgres, testPostgres } from './testing/postgres-server.ts'

/** Opens an empty, migrated database; the caller closes it. */
export type OpenDatabase = () => Promise<Database>

/**
 * Runs a contract suite once per database.
 *
 *     describeOnEveryDatabase('queue store', (open) => { test('…', async () => { const db = await open() … }) })
 *
 * Where the machine has no PostgreSQL, a skipped test says so.
 */
export function describeOnEveryDatabase(name: string, suite: (open: OpenDatabase) => void): void {
  describe(`${name} on SQLite`, () => suite(() => openSqlite(':memory:')))
  describe(`${name} on PostgreSQL`, () => {
    if (hasPostgres()) suite(async () => openPostgres(await newPostgresUrl()))
    else test.skip('skipped: no PostgreSQL binaries on this machine', () => {})
  })
}

let schemas = 0

/** The URL of an empty place in this test process's own PostgreSQL. */
export async function newPostgresUrl(): Promise<string> {
  const { url } = await testPostgres()
  return `${url}&schema=test_${++schemas}`
}
