import type { Database } from './database.ts'

/** Small values that the installation has one of, the same on all nodes: its root key, its secrets. */
export interface KeptValues {
  find(name: string): Promise<string | undefined>
  put(name: string, value: string): Promise<void>
  /** What is kept afterwards: `value`, or what another node had put there before. */
  putIfAbsent(name: string, value: string): Promise<string>
}

type ValueTables = { store_settings: { name: string; value: string } }

export class SqlKeptValues implements KeptValues {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(name: string): Promise<string | undefined> {
    const row = await this.#database.kysely
      .withTables<ValueTables>()
      .selectFrom('store_settings')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst()
    return row?.value
  }

  async put(name: string, value: string): Promise<void> {
    await this.#database.write((transaction) =>
      transaction
        .withTables<ValueTables>()
        .insertInto('store_settings')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute(),
    )
  }

  async putIfAbsent(name: string, value: string): Promise<string> {
    await this.#database.write((transaction) =>
      transaction
        .withTables<ValueTables>()
        .insertInto('store_settings')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute(),
    )
    const kept = await this.find(name)
    if (kept === undefined) throw new Error(`the kept value ${name} was removed while it was put`)
    return kept
  }
}
