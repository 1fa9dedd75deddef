import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../store/database.ts'
import { bytesOf, type QueueEntry } from './entry.ts'
import type { AsyncQueueStore, Claim, EntryUpdate, NewEntry, QueueChange } from './store.ts'

/** The table of migration `async`. Integers may come as strings from PostgreSQL. */
type AsyncTables = {
  async_queue: {
    id: string
    lane: string
    due_at: number
    /** 0: nobody has it. */
    claimed_until: number
    /** A process, not a machine. Empty: none. */
    owner: string
    bytes: number
    detail: string
    payload: Uint8Array
  }
}
type Row = AsyncTables['async_queue']
type Writing = Transaction<AsyncTables>

/** Rows in one statement: PostgreSQL takes 65,535 parameters, SQLite 32,766. */
const ROWS_MAX = 500

/** @param owner - of this process alone */
export function createAsyncQueueStore(database: Database, owner: string): AsyncQueueStore {
  return new SqlAsyncQueueStore(database, owner)
}

class SqlAsyncQueueStore implements AsyncQueueStore {
  readonly isShared: boolean
  readonly #database: Database
  readonly #reads: Kysely<AsyncTables>
  readonly #owner: string

  constructor(database: Database, owner: string) {
    this.isShared = database.dialect.isShared
    this.#database = database
    this.#reads = database.kysely.withTables<AsyncTables>()
    this.#owner = owner
  }

  apply({ inserts, updates, deletes }: QueueChange): Promise<void> {
    return this.#write(async (transaction) => {
      for (const some of slices(deletes))
        await transaction.deleteFrom('async_queue').where('id', 'in', some).execute()
      for (const update of updates) await this.#update(transaction, update)
      for (const some of slices(inserts))
        await transaction
          .insertInto('async_queue')
          .values(some.map((entry) => this.#row(entry)))
          .execute()
    })
  }

  claim(lane: string, claim: Claim): Promise<QueueEntry[]> {
    return this.#write(async (transaction) => {
      const ids = await this.#claimable(transaction, lane, claim)
      if (ids.length === 0) return []
      const rows = await transaction
        .updateTable('async_queue')
        .set({ claimed_until: claim.until, owner: this.#owner })
        .where('id', 'in', ids)
        .returning(['id', 'lane', 'due_at', 'detail', 'payload'])
        .execute()
      return rows.map(toEntry).sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1))
    })
  }

  async extend(ids: readonly string[], until: number): Promise<void> {
    await this.#changeOwn(ids, { claimed_until: until })
  }

  async release(ids: readonly string[]): Promise<void> {
    await this.#changeOwn(ids, { claimed_until: 0, owner: '' })
  }

  /** Step by step through the index: a `distinct` would read every entry. */
  async lanes(after: string, max: number): Promise<string[]> {
    const { rows } = await sql<{ lane: string | null }>`
      with recursive found(lane) as (
        select min(lane) from async_queue where lane > ${after}
        union all
        select (select min(q.lane) from async_queue q where q.lane > found.lane)
        from found where found.lane is not null
      )
      select lane from found where lane is not null limit ${max}`.execute(this.#reads)
    return rows.flatMap(({ lane }) => (lane === null ? [] : [lane]))
  }

  async nextDue(lane: string, now: number): Promise<number | undefined> {
    const row = await this.#reads
      .selectFrom('async_queue')
      .select('due_at')
      .where('lane', '=', lane)
      .where('due_at', '>', now)
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst()
    return row === undefined ? undefined : Number(row.due_at)
  }

  purge(lane: string, before: string, max: number): Promise<number> {
    return this.#write(async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('async_queue')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('async_queue')
            .select('id')
            .where('lane', '=', lane)
            .where('id', '<', before)
            .limit(max),
        )
        .executeTakeFirst()
      return Number(numDeletedRows)
    })
  }

  async #claimable(
    transaction: Writing,
    lane: string,
    { now, max, bytesMax }: Claim,
  ): Promise<readonly string[]> {
    const rows = await transaction
      .selectFrom('async_queue')
      .select(['id', 'bytes'])
      .where('lane', '=', lane)
      .where('due_at', '<=', now)
      .where((eb) =>
        // A process that has the database for itself knows that all others' claims are a dead one's.
        this.isShared ? eb('claimed_until', '<=', now) : eb('owner', '<>', this.#owner),
      )
      .orderBy('due_at')
      .limit(max)
      .$if(this.#database.dialect.supportsSkipLocked, (query) => query.forUpdate().skipLocked())
      .execute()
    let bytes = 0
    const fitting = rows.findIndex((row, index) => {
      bytes += Number(row.bytes)
      return index > 0 && bytes > bytesMax
    })
    return (fitting < 0 ? rows : rows.slice(0, fitting)).map(({ id }) => id)
  }

  async #update(transaction: Writing, { id, dueAt, detail }: EntryUpdate): Promise<void> {
    await transaction
      .updateTable('async_queue')
      .set({ due_at: dueAt, claimed_until: 0, owner: '', detail })
      .where('id', '=', id)
      .where('owner', '=', this.#owner)
      .execute()
  }

  async #changeOwn(ids: readonly string[], values: Partial<Row>): Promise<void> {
    if (ids.length === 0) return
    await this.#write(async (transaction) => {
      for (const some of slices(ids))
        await transaction
          .updateTable('async_queue')
          .set(values)
          .where('id', 'in', some)
          .where('owner', '=', this.#owner)
          .execute()
    })
  }

  #row({ entry, claimedUntil }: NewEntry): Row {
    return {
      id: entry.id,
      lane: entry.lane,
      due_at: entry.dueAt,
      claimed_until: claimedUntil ?? 0,
      owner: claimedUntil === undefined ? '' : this.#owner,
      bytes: bytesOf(entry),
      detail: entry.detail,
      payload: entry.payload,
    }
  }

  #write<Result>(work: (transaction: Writing) => Promise<Result>): Promise<Result> {
    return this.#database.write((transaction) => work(transaction as unknown as Writing), {
      isolation: 'locks',
    })
  }
}

function toEntry(row: Pick<Row, 'id' | 'lane' | 'due_at' | 'detail' | 'payload'>): QueueEntry {
  const { id, lane, detail, payload } = row
  return { id, lane, dueAt: Number(row.due_at), detail, payload }
}

function* slices<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += ROWS_MAX) yield items.slice(at, at + ROWS_MAX)
}
