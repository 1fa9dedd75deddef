import type { Generated, Transaction } from 'kysely'
import type { Database, Tables, WriteOptions } from '../database.ts'
import type { Claim, Item, Outbox } from './outbox.ts'

type Row = {
  id: Generated<number>
  kind: string
  lane: string
  body: string
  attempts: number
  created_at: number
  due_at: number
  owner: string | null
}

type OutboxTables = { store_outbox: Row }

/** Rows are locked by the statement that takes them. */
const LOCKS: WriteOptions = { isolation: 'locks' }
/** Rows a statement: databases bound the parameters that one may have. */
const CHUNK = 500

/** An outbox in SQLite or PostgreSQL. */
export class SqlOutbox implements Outbox {
  readonly #database: Database
  readonly #kind: string

  constructor(database: Database, kind: string) {
    this.#database = database
    this.#kind = kind
  }

  async add(
    transaction: Transaction<Tables>,
    items: Parameters<Outbox['add']>[1],
    { now, claim }: Parameters<Outbox['add']>[2],
  ): Promise<Item[]> {
    const kind = this.#kind
    const owner = claim?.owner ?? null
    const ids: number[] = []
    for (let from = 0; from < items.length; from += CHUNK) {
      const rows = items.slice(from, from + CHUNK).map(({ lane, body, dueAt = now }) => {
        const times = { created_at: now, due_at: claim?.until ?? dueAt }
        return { kind, lane, body, attempts: 0, ...times, owner }
      })
      const inserted = await transaction
        .withTables<OutboxTables>()
        .insertInto('store_outbox')
        .values(rows)
        .returning('id')
        .execute()
      // They are numbered in the order of the rows, in whichever order they come back.
      ids.push(...inserted.map(({ id }) => Number(id)).sort((one, other) => one - other))
    }
    return items.map(({ lane, body }, index) => {
      const id = ids[index]
      if (id === undefined) throw new Error('an item of the outbox was not inserted')
      return { id, lane, body, attempts: 0, createdAt: now }
    })
  }

  async claim({ owner, until }: Claim, { now, limit }: Parameters<Outbox['claim']>[1]): Promise<Item[]> {
    const rows = await this.#write((tables) => {
      const due = tables
        .selectFrom('store_outbox')
        .select('id')
        .where('kind', '=', this.#kind)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('id')
        .limit(limit)
      const free = this.#database.dialect.supportsSkipLocked ? due.forUpdate().skipLocked() : due
      return tables
        .updateTable('store_outbox')
        .set({ due_at: until, owner })
        .where('id', 'in', free)
        .returningAll()
        .execute()
    })
    return rows.map(itemOf).sort((one, other) => one.id - other.id)
  }

  renew(ids: readonly number[], { owner, until }: Claim): Promise<void> {
    return this.#ofThese(ids, (tables, chunk) =>
      tables
        .updateTable('store_outbox')
        .set({ due_at: until })
        .where('id', 'in', chunk)
        .where('owner', '=', owner)
        .execute(),
    )
  }

  postpone(ids: readonly number[], dueAt: number, failed: 'one more attempt' | 'not tried'): Promise<void> {
    const more = failed === 'not tried' ? 0 : 1
    return this.#ofThese(ids, (tables, chunk) =>
      tables
        .updateTable('store_outbox')
        .set((eb) => ({ due_at: dueAt, owner: null, attempts: eb('attempts', '+', more) }))
        .where('id', 'in', chunk)
        .execute(),
    )
  }

  remove(ids: readonly number[]): Promise<void> {
    return this.#ofThese(ids, (tables, chunk) =>
      tables.deleteFrom('store_outbox').where('id', 'in', chunk).execute(),
    )
  }

  async nextDue(): Promise<number | undefined> {
    const row = await this.#read()
      .select('due_at')
      .where('kind', '=', this.#kind)
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst()
    return row && Number(row.due_at)
  }

  async lastDueOfOthers(
    transaction: Transaction<Tables>,
    lane: string,
    owner: string,
  ): Promise<number | undefined> {
    const row = await transaction
      .withTables<OutboxTables>()
      .selectFrom('store_outbox')
      .select((eb) => eb.fn.max('due_at').as('due_at'))
      .where('kind', '=', this.#kind)
      .where('lane', '=', lane)
      .where((eb) => eb.or([eb('owner', 'is', null), eb('owner', '<>', owner)]))
      .executeTakeFirst()
    return row?.due_at == null ? undefined : Number(row.due_at)
  }

  async releaseAll(now: number): Promise<void> {
    await this.#write((tables) =>
      tables
        .updateTable('store_outbox')
        .set({ due_at: now, owner: null })
        .where('kind', '=', this.#kind)
        .where('owner', 'is not', null)
        .execute(),
    )
  }

  async count(): Promise<number> {
    const row = await this.#read()
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('kind', '=', this.#kind)
      .executeTakeFirstOrThrow()
    return Number(row.count)
  }

  #read() {
    return this.#database.kysely.withTables<OutboxTables>().selectFrom('store_outbox')
  }

  #write<Result>(work: (tables: Transaction<OutboxTables>) => Promise<Result>): Promise<Result> {
    return this.#database.write((transaction) => work(transaction.withTables<OutboxTables>()), LOCKS)
  }

  async #ofThese(
    ids: readonly number[],
    work: (tables: Transaction<OutboxTables>, chunk: readonly number[]) => Promise<unknown>,
  ): Promise<void> {
    for (let from = 0; from < ids.length; from += CHUNK) {
      const chunk = ids.slice(from, from + CHUNK)
      await this.#write((tables) => work(tables, chunk))
    }
  }
}

function itemOf(row: { [Key in keyof Row]: Key extends 'id' ? number : Row[Key] }): Item {
  return {
    id: Number(row.id),
    lane: row.lane,
    body: row.body,
    attempts: Number(row.attempts),
    createdAt: Number(row.created_at),
  }
}
