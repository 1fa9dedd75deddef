import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'
import { Draft, type OperationReads, type PutOperation } from './draft.ts'
import type { HistoryEvent } from './event.ts'
import type { Execution } from './execution.ts'
import { earliest, type Operation } from './operation.ts'
import {
  columnsOfHead,
  columnsOfOperation,
  type DurableTables,
  type ExecutionRow,
  toEvent,
  toExecution,
  toHead,
  toOperation,
} from './rows.sql.ts'
import type {
  ChainedInvoke,
  Changed,
  Claim,
  ExecutionStore,
  ListWanted,
  OutlinedOperation,
  Page,
  Placed,
} from './store.ts'

type Tx = Transaction<DurableTables>

/** The execution store on SQLite and PostgreSQL alike. */
export function createExecutionStore(database: Database): ExecutionStore {
  return new SqlExecutionStore(database)
}

class SqlExecutionStore implements ExecutionStore {
  readonly #database: Database
  readonly #reads: Kysely<DurableTables>

  constructor(database: Database) {
    this.#database = database
    this.#reads = database.kysely.withTables<DurableTables>()
  }

  start(draft: Draft): Promise<Execution> {
    return this.#write(async (tx) => {
      const before = await holdByName(tx, draft.execution)
      if (before !== undefined) return toExecution(before)
      if (await insertDraft(tx, draft)) return draft.execution
      return toExecution((await holdByName(tx, draft.execution)) as ExecutionRow)
    })
  }

  async find(id: string): Promise<Execution | undefined> {
    const row = await this.#reads
      .selectFrom('durable_executions')
      .select('record')
      .where('id', '=', id)
      .executeTakeFirst()
    return row === undefined ? undefined : toExecution(row)
  }

  operation(executionId: string, id: string): Promise<Operation | undefined> {
    return findOperation(this.#reads, executionId, id)
  }

  async operations(executionId: string, { after, max }: Page): Promise<Placed<Operation>[]> {
    const rows = await this.#reads
      .selectFrom('durable_operations')
      .select(['place', 'record'])
      .where('execution_id', '=', executionId)
      .where('place', '>', after ?? -1)
      .orderBy('place')
      .limit(max)
      .execute()
    return rows.map((row) => ({ place: Number(row.place), item: toOperation(row) }))
  }

  async outline(executionId: string): Promise<OutlinedOperation[]> {
    const rows = await this.#reads
      .selectFrom('durable_operations')
      .select(['place', 'id', 'parent_id', 'type', 'status', 'replay_children'])
      .where('execution_id', '=', executionId)
      .orderBy('place')
      .execute()
    return rows.map((row) => ({
      place: Number(row.place),
      id: row.id,
      ...(row.parent_id !== null && { parentId: row.parent_id }),
      type: row.type as Operation['type'],
      status: row.status as Operation['status'],
      replayChildren: Number(row.replay_children) === 1,
    }))
  }

  async events(
    executionId: string,
    { after, max, isNewestFirst }: Page & { isNewestFirst: boolean },
  ): Promise<HistoryEvent[]> {
    const rows = await this.#reads
      .selectFrom('durable_events')
      .select('record')
      .where('execution_id', '=', executionId)
      .$if(after !== undefined, (query) => query.where('id', isNewestFirst ? '<' : '>', after as number))
      .orderBy('id', isNewestFirst ? 'desc' : 'asc')
      .limit(max)
      .execute()
    return rows.map(toEvent)
  }

  async list(wanted: ListWanted): Promise<Execution[]> {
    const rows = await listQuery(this.#reads, wanted).execute()
    return rows.map(toExecution)
  }

  change<Result>(id: string, work: (draft: Draft) => Promise<Result>): Promise<Changed<Result> | undefined> {
    return this.#write(async (tx) => {
      const drafts = new Map<string, Draft>()
      const open = async (wanted: string): Promise<Draft | undefined> => {
        const known = drafts.get(wanted)
        if (known !== undefined) return known
        const row = await hold(tx, wanted)
        if (row === undefined) return undefined
        const draft = new Draft(toHead(row), readsOf(tx, wanted), open)
        drafts.set(wanted, draft)
        return draft
      }
      const draft = await open(id)
      if (draft === undefined) return undefined
      const result = await work(draft)
      for (const one of drafts.values()) await writeDraft(tx, one)
      return {
        result,
        executions: [...drafts.values()].flatMap((one) => [
          { execution: one.execution, dueAt: one.dueAt, hasBegun: false, hasEnded: one.hasEnded },
          ...one.begun.map(({ execution, dueAt }) => ({ execution, dueAt, hasBegun: true, hasEnded: false })),
        ]),
        hasInvokes: [...drafts.values()].some(({ invokes }) => invokes.length > 0),
      }
    })
  }

  async forget(id: string, now: number): Promise<void> {
    await this.#write((tx) =>
      tx
        .deleteFrom('durable_executions')
        .where('id', '=', id)
        .where('status', '!=', 'RUNNING')
        .where('expires_at', '<=', now)
        .execute(),
    )
  }

  async take({ claim, now, until, max }: Claim): Promise<string[]> {
    const rows = await this.#write((tx) =>
      tx
        .updateTable('durable_executions')
        .set({ claim, due_at: until })
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('durable_executions')
            .select('id')
            .where('due_at', '<=', now)
            .orderBy('due_at')
            .limit(max)
            .$call((query) => this.#skipLocked(query)),
        )
        .returning('id')
        .execute(),
    )
    return rows.map(({ id }) => id)
  }

  async takeInvokes({ claim, now, until, max }: Claim): Promise<ChainedInvoke[]> {
    return this.#write(async (tx) => {
      const due = await tx
        .selectFrom('durable_invokes')
        .select(['execution_id', 'operation_id'])
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(max)
        .$call((query) => this.#skipLocked(query))
        .execute()
      const taken: ChainedInvoke[] = []
      for (const row of due) {
        const { attempts } = await tx
          .updateTable('durable_invokes')
          .set((eb) => ({ claim, due_at: until, attempts: eb('attempts', '+', 1) }))
          .where((eb) => eb.and(row))
          .returning('attempts')
          .executeTakeFirstOrThrow()
        const { execution_id: executionId, operation_id: operationId } = row
        taken.push({ executionId, operationId, claim, attempts: Number(attempts) })
      }
      return taken
    })
  }

  async expired(now: number, max: number): Promise<string[]> {
    const rows = await this.#reads
      .selectFrom('durable_executions')
      .select('id')
      .where('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(max)
      .execute()
    return rows.map(({ id }) => id)
  }

  renew(claims: readonly string[], until: number): Promise<void> {
    return this.#write(async (tx) => {
      for (const table of ['durable_executions', 'durable_invokes'] as const)
        await tx.updateTable(table).set({ due_at: until }).where('claim', 'in', claims).execute()
    })
  }

  release(claims: readonly string[] | 'all', now: number): Promise<void> {
    return this.#write(async (tx) => {
      for (const table of ['durable_executions', 'durable_invokes'] as const)
        await tx
          .updateTable(table)
          .set({ claim: null, due_at: now })
          .where('claim', 'is not', null)
          .$if(claims !== 'all', (query) => query.where('claim', 'in', claims as readonly string[]))
          .execute()
    })
  }

  async postponeInvoke({ executionId, operationId, claim }: ChainedInvoke, at: number): Promise<void> {
    await this.#write((tx) =>
      tx
        .updateTable('durable_invokes')
        .set({ claim: null, due_at: at })
        .where((eb) => eb.and({ execution_id: executionId, operation_id: operationId, claim }))
        .execute(),
    )
  }

  async nextDueAt(): Promise<number | undefined> {
    const of = async (table: 'durable_executions' | 'durable_invokes', column: 'due_at' | 'expires_at') => {
      const row = await this.#reads
        .selectFrom(table)
        .select(sql<number | string | null>`min(${sql.ref(column)})`.as('at'))
        .executeTakeFirst()
      return row?.at === null || row?.at === undefined ? undefined : Number(row.at)
    }
    return earliest(
      await of('durable_executions', 'due_at'),
      await of('durable_executions', 'expires_at'),
      await of('durable_invokes', 'due_at'),
    )
  }

  async closed(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return []
    const rows = await this.#reads
      .selectFrom('durable_executions')
      .select('id')
      .where('id', 'in', ids)
      .where('status', '=', 'RUNNING')
      .execute()
    const running = new Set(rows.map(({ id }) => id))
    return ids.filter((id) => !running.has(id))
  }

  /** Two nodes do not wait for one another, nor take the same. */
  #skipLocked<Query extends { forUpdate(): Query; skipLocked(): Query }>(query: Query): Query {
    return this.#database.dialect.supportsSkipLocked ? query.forUpdate().skipLocked() : query
  }

  /** Every change of an execution begins with a write of its row, which holds it. */
  #write<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    return this.#database.write((tx) => work(tx as unknown as Tx), { isolation: 'locks' })
  }
}

function keyColumns(execution: Execution) {
  return {
    id: execution.id,
    account_id: execution.accountId,
    region: execution.region,
    function_name: execution.functionName,
    version: execution.version,
    name: execution.name,
    started_at: execution.startedAt,
  }
}

function hold(tx: Tx, id: string): Promise<ExecutionRow | undefined> {
  return tx
    .updateTable('durable_executions')
    .set((eb) => ({ writes: eb('writes', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

function holdByName(tx: Tx, { accountId, region, functionName, name }: Execution) {
  const key = { account_id: accountId, region, function_name: functionName, name }
  return tx
    .updateTable('durable_executions')
    .set((eb) => ({ writes: eb('writes', '+', 1) }))
    .where((eb) => eb.and(key))
    .returningAll()
    .executeTakeFirst()
}

/** False where the function has one of that name, or of that id. */
async function insertDraft(tx: Tx, draft: Draft): Promise<boolean> {
  const added = await tx
    .insertInto('durable_executions')
    .values({ ...keyColumns(draft.execution), writes: 0, ...columnsOfHead(draft) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (added !== undefined) await writeParts(tx, draft)
  return added !== undefined
}

async function writeDraft(tx: Tx, draft: Draft): Promise<void> {
  await tx
    .updateTable('durable_executions')
    .set(columnsOfHead(draft))
    .where('id', '=', draft.execution.id)
    .execute()
  await writeParts(tx, draft)
  for (const begun of draft.begun) await insertDraft(tx, begun)
}

async function writeParts(tx: Tx, draft: Draft): Promise<void> {
  const { execution, changed, events, invokes, endedInvokes } = draft
  for (const put of changed.values()) await writeOperation(tx, execution.id, put)
  for (const event of events)
    await tx
      .insertInto('durable_events')
      .values({ execution_id: execution.id, id: event.id, record: JSON.stringify(event) })
      .execute()
  for (const operationId of invokes)
    await tx
      .insertInto('durable_invokes')
      .values({ execution_id: execution.id, operation_id: operationId, due_at: 0, claim: null, attempts: 0 })
      .execute()
  for (const operationId of endedInvokes)
    await tx
      .deleteFrom('durable_invokes')
      .where((eb) => eb.and({ execution_id: execution.id, operation_id: operationId }))
      .execute()
}

/** A quiet change (0) leaves what the function was told as it is. */
async function writeOperation(tx: Tx, executionId: string, { operation, change, place }: PutOperation) {
  const columns = { ...columnsOfOperation(operation), ...(change > 0 && { change }) }
  await tx
    .insertInto('durable_operations')
    .values({
      execution_id: executionId,
      id: operation.id,
      place,
      parent_id: operation.parentId ?? null,
      type: operation.type,
      change,
      ...columns,
    })
    .onConflict((conflict) => conflict.columns(['execution_id', 'id']).doUpdateSet(columns))
    .execute()
}

function readsOf(tx: Tx, executionId: string): OperationReads {
  const operations = () => tx.selectFrom('durable_operations').where('execution_id', '=', executionId)
  return {
    find: (id) => findOperation(tx, executionId, id),
    due: async (now) => {
      const rows = await operations().select('record').where('due_at', '<=', now).orderBy('due_at').execute()
      return rows.map(toOperation)
    },
    changedAfter: async (change) => {
      const rows = await operations()
        .select(['record', 'change'])
        .where('change', '>', change)
        .orderBy('change')
        .execute()
      return rows.map((row) => ({ operation: toOperation(row), change: Number(row.change) }))
    },
    awaited: async () => {
      const rows = await operations().select(['id', 'status', 'due_at']).where('awaited', '=', 1).execute()
      return rows.map((row) => ({
        id: row.id,
        status: row.status as Operation['status'],
        dueAt: row.due_at === null ? undefined : Number(row.due_at),
      }))
    },
  }
}

async function findOperation(db: Kysely<DurableTables>, executionId: string, id: string) {
  const row = await db
    .selectFrom('durable_operations')
    .select('record')
    .where('execution_id', '=', executionId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row === undefined ? undefined : toOperation(row)
}

function listQuery(db: Kysely<DurableTables>, wanted: ListWanted) {
  const { version, name, status, startedAfter, startedBefore, isOldestFirst, after } = wanted
  const order = isOldestFirst ? 'asc' : 'desc'
  return db
    .selectFrom('durable_executions')
    .select('record')
    .where('account_id', '=', wanted.accountId)
    .where('region', '=', wanted.region)
    .where('function_name', '=', wanted.functionName)
    .$if(version !== undefined, (query) => query.where('version', '=', version as string))
    .$if(name !== undefined, (query) => query.where('name', '=', name as string))
    .$if(status !== undefined, (query) => query.where('status', '=', status as string))
    .$if(startedAfter !== undefined, (query) => query.where('started_at', '>', startedAfter as number))
    .$if(startedBefore !== undefined, (query) => query.where('started_at', '<', startedBefore as number))
    .$if(after !== undefined, (query) => query.where(isBeyond(after as Position, isOldestFirst)))
    .orderBy('started_at', order)
    .orderBy('id', order)
    .limit(wanted.max)
}

type Position = NonNullable<ListWanted['after']>

function isBeyond({ startedAt, id }: Position, isOldestFirst: boolean) {
  return isOldestFirst
    ? sql<boolean>`(started_at, id) > (${startedAt}, ${id})`
    : sql<boolean>`(started_at, id) < (${startedAt}, ${id})`
}
