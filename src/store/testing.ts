import { describe } from 'node:test'
import type { Database } from './database.ts'
import { openSqlite } from './sqlite.ts'

/**
 * Runs a contract suite once per database. `open` gives an empty, migrated database; the caller closes it.
 *
 *     describeOnEveryDatabase('queue store', (open) => { test('…', async () => { const db = await open() … }) })
 */
export function describeOnEveryDatabase(name: string, suite: (open: () => Promise<Database>) => void): void {
  describe(`${name} on SQLite`, () => suite(() => openSqlite(':memory:')))
}
