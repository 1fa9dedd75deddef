import type { Kysely, Transaction } from 'kysely'
import type { Database, Tables } from '../../store/database.ts'
import type { Pipe, Scope } from './pipe.ts'
import type { PipesEditor, PipesReader, PipesStore } from './store.ts'

type PipesTables = {
  pipes_pipes: {
    account_id: string
    region: string
    name: string
    /** 0 or 1. */
    is_running: number
    /** JSON. */
    pipe: string
  }
}

type Read = Kysely<PipesTables>

/** Sorts after every name that begins as what it is added to does. */
const LAST_CHARACTER = '\u{10ffff}'

/** Pipes in SQLite or PostgreSQL: a document each, with whether it runs beside it. */
export function createPipesStore(database: Database): PipesStore {
  const read: Read = database.kysely.withTables<PipesTables>()
  return {
    ...readerOf(read),
    change: (work) => database.write((transaction) => work(editorOf(transaction))),
    running: async () => {
      const rows = await read.selectFrom('pipes_pipes').selectAll().where('is_running', '=', 1).execute()
      return rows.map(({ account_id, region, pipe }) => ({
        accountId: account_id,
        region,
        pipe: JSON.parse(pipe) as Pipe,
      }))
    },
  }
}

function readerOf(read: Read): PipesReader {
  return {
    find: async (scope, name) => {
      const row = await pipesOf(read, scope).where('name', '=', name).executeTakeFirst()
      return row && JSON.parse(row.pipe)
    },
    list: async (scope, { prefix, after, limit }) => {
      let query = pipesOf(read, scope)
      if (prefix !== undefined)
        query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
      if (after !== undefined) query = query.where('name', '>', after)
      const rows = await query.orderBy('name').limit(limit).execute()
      return rows.map(({ pipe }) => JSON.parse(pipe))
    },
  }
}

function pipesOf(read: Read, { accountId, region }: Scope) {
  return read
    .selectFrom('pipes_pipes')
    .select('pipe')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
}

function editorOf(transaction: Transaction<Tables>): PipesEditor {
  const tables = transaction.withTables<PipesTables>()
  return {
    transaction,
    ...readerOf(tables),
    save: async ({ accountId, region }, pipe) => {
      const changed = { pipe: JSON.stringify(pipe), is_running: pipe.isRunning ? 1 : 0 }
      await tables
        .insertInto('pipes_pipes')
        .values({ account_id: accountId, region, name: pipe.name, ...changed })
        .onConflict((conflict) => conflict.columns(['account_id', 'region', 'name']).doUpdateSet(changed))
        .execute()
    },
    delete: async ({ accountId, region }, name) => {
      await tables
        .deleteFrom('pipes_pipes')
        .where('account_id', '=', accountId)
        .where('region', '=', region)
        .where('name', '=', name)
        .execute()
    },
  }
}
