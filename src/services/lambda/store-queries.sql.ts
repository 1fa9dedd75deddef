import type { Kysely, Transaction } from 'kysely'
import type { EventConfig, FunctionKey, Scope, StoredAlias, StoredVersion } from './function.ts'
import { unreservedProvisioned } from './provisioned/store.sql.ts'
import type { Statement, Usage } from './store.ts'
import { columnsOf, columnsOfScope, type LambdaTables, numberOf } from './store-rows.sql.ts'

// What is asked both inside a transaction and outside.

type Db = Kysely<LambdaTables>

export async function findVersion(
  db: Db,
  key: FunctionKey,
  version: string,
): Promise<StoredVersion | undefined> {
  const row = await db
    .selectFrom('lambda_versions')
    .select('record')
    .where((eb) => eb.and({ ...columnsOf(key), number: numberOf(version) }))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

export async function findAlias(db: Db, key: FunctionKey, alias: string): Promise<StoredAlias | undefined> {
  const row = await db
    .selectFrom('lambda_aliases')
    .select('record')
    .where((eb) => eb.and({ ...columnsOf(key), alias }))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

export async function findPolicy(db: Db, key: FunctionKey, qualifier: string): Promise<readonly Statement[]> {
  const row = await db
    .selectFrom('lambda_policies')
    .select('statements')
    .where((eb) => eb.and({ ...columnsOf(key), qualifier }))
    .executeTakeFirst()
  return row === undefined ? [] : JSON.parse(row.statements)
}

export async function findEventConfig(
  db: Db,
  key: FunctionKey,
  qualifier: string,
): Promise<EventConfig | undefined> {
  const row = await db
    .selectFrom('lambda_event_configs')
    .select('record')
    .where((eb) => eb.and({ ...columnsOf(key), qualifier }))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

export async function usage(db: Db, scope: Scope): Promise<Usage> {
  const functions = await db
    .selectFrom('lambda_functions')
    .select((eb) => eb.fn.countAll().as('count'))
    .where((eb) => eb.and(columnsOfScope(scope)))
    .executeTakeFirstOrThrow()
  const code = await db
    .selectFrom('lambda_versions')
    .select((eb) => eb.fn.sum('code_bytes').as('bytes'))
    .where((eb) => eb.and(columnsOfScope(scope)))
    .executeTakeFirstOrThrow()
  const layers = await db
    .selectFrom('lambda_layer_versions')
    .select((eb) => eb.fn.sum('code_bytes').as('bytes'))
    .where((eb) => eb.and(columnsOfScope(scope)))
    .executeTakeFirstOrThrow()
  return {
    functionCount: Number(functions.count),
    codeBytes: Number(code.bytes ?? 0) + Number(layers.bytes ?? 0),
  }
}

/** Reserved and provisioned, of all functions, or of all but the one named `except`. */
export async function claimedConcurrency(db: Db, scope: Scope, except?: string): Promise<number> {
  const row = await db
    .selectFrom('lambda_functions')
    .select((eb) => eb.fn.sum('reserved_concurrency').as('reserved'))
    .where((eb) => eb.and(columnsOfScope(scope)))
    .$if(except !== undefined, (query) => query.where('name', '!=', except ?? ''))
    .executeTakeFirstOrThrow()
  return Number(row.reserved ?? 0) + (await unreservedProvisioned(db, scope, except))
}

/** Marks code as to be collected, unless somebody has it. */
export async function discardCode(
  transaction: Transaction<LambdaTables>,
  hashes: readonly string[],
): Promise<void> {
  for (const sha256 of hashes)
    await transaction
      .insertInto('lambda_code_pins')
      // A pin that has run out already.
      .values({ id: sha256, sha256, pinned_until: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}

/** Whether a function or a layer names the code, or a pin holds it. */
export async function isCodeWanted(db: Db, sha256: string): Promise<boolean> {
  for (const column of ['code_sha256', 'running_sha256'] as const) {
    const version = await db
      .selectFrom('lambda_versions')
      .select('number')
      .where(column, '=', sha256)
      .limit(1)
      .executeTakeFirst()
    if (version !== undefined) return true
  }
  for (const table of ['lambda_layer_versions', 'lambda_version_layers', 'lambda_code_pins'] as const) {
    const row = await db
      .selectFrom(table)
      .select('sha256')
      .where('sha256', '=', sha256)
      .limit(1)
      .executeTakeFirst()
    if (row !== undefined) return true
  }
  return false
}

/** Holds what the functions of an account share until the transaction ends. */
export async function holdAccount(transaction: Transaction<LambdaTables>, scope: Scope): Promise<void> {
  await transaction
    .insertInto('lambda_accounts')
    .values({ ...columnsOfScope(scope), changes: 0 })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'region'])
        .doUpdateSet((eb) => ({ changes: eb('lambda_accounts.changes', '+', 1) })),
    )
    .execute()
}
