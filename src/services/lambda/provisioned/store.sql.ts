import type { Kysely } from 'kysely'
import type { FunctionKey, Scope } from '../function.ts'
import { columnsOf, columnsOfScope, type LambdaTables, type ProvisionedRow } from '../store-rows.sql.ts'
import type { Progress, ProvisionedConfig } from './config.ts'

// What is kept of provisioned concurrency, inside a transaction and outside.

type Db = Kysely<LambdaTables>

export async function findProvisioned(
  db: Db,
  key: FunctionKey,
  qualifier: string,
): Promise<ProvisionedConfig | undefined> {
  const row = await db
    .selectFrom('lambda_provisioned')
    .selectAll()
    .where((eb) => eb.and({ ...columnsOf(key), qualifier }))
    .executeTakeFirst()
  return row === undefined ? undefined : toConfig(row)
}

export async function listProvisioned(
  db: Db,
  key: FunctionKey,
  page: { after?: readonly string[]; max: number },
): Promise<ProvisionedConfig[]> {
  const rows = await db
    .selectFrom('lambda_provisioned')
    .selectAll()
    .where((eb) => eb.and(columnsOf(key)))
    .where('qualifier', '>', page.after?.[0] ?? '')
    .orderBy('qualifier')
    .limit(page.max)
    .execute()
  return rows.map(toConfig)
}

export async function functionsWithProvisioned(db: Db): Promise<FunctionKey[]> {
  const rows = await db
    .selectFrom('lambda_provisioned')
    .select(['account_id', 'region', 'name'])
    .distinct()
    .execute()
  return rows.map((row) => ({ accountId: row.account_id, region: row.region, name: row.name }))
}

export async function saveProvisioned(db: Db, key: FunctionKey, config: ProvisionedConfig): Promise<void> {
  const columns = {
    id: config.id,
    requested: config.requested,
    last_modified: config.lastModified,
    progress: JSON.stringify(config.progress),
  }
  await db
    .insertInto('lambda_provisioned')
    .values({ ...columnsOf(key), qualifier: config.qualifier, ...columns })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'region', 'name', 'qualifier']).doUpdateSet(columns),
    )
    .execute()
}

export async function reportProvisioned(
  db: Db,
  key: FunctionKey,
  { qualifier, id }: { qualifier: string; id: string },
  progress: Progress,
): Promise<void> {
  await db
    .updateTable('lambda_provisioned')
    .set({ progress: JSON.stringify(progress) })
    .where((eb) => eb.and({ ...columnsOf(key), qualifier, id }))
    .execute()
}

export async function deleteProvisioned(db: Db, key: FunctionKey, qualifier: string): Promise<void> {
  await db
    .deleteFrom('lambda_provisioned')
    .where((eb) => eb.and({ ...columnsOf(key), qualifier }))
    .execute()
}

/** Of functions without a reservation: with one it is part of that. Of all functions, or of all but one. */
export async function unreservedProvisioned(db: Db, scope: Scope, except?: string): Promise<number> {
  const row = await db
    .selectFrom('lambda_provisioned as p')
    .innerJoin('lambda_functions as f', (join) =>
      join
        .onRef('f.account_id', '=', 'p.account_id')
        .onRef('f.region', '=', 'p.region')
        .onRef('f.name', '=', 'p.name'),
    )
    .select((eb) => eb.fn.sum('p.requested').as('requested'))
    .where('f.reserved_concurrency', 'is', null)
    .where('p.account_id', '=', columnsOfScope(scope).account_id)
    .where('p.region', '=', columnsOfScope(scope).region)
    .$if(except !== undefined, (query) => query.where('p.name', '!=', except ?? ''))
    .executeTakeFirstOrThrow()
  return Number(row.requested ?? 0)
}

function toConfig(row: ProvisionedRow): ProvisionedConfig {
  return {
    qualifier: row.qualifier,
    id: row.id,
    requested: Number(row.requested),
    lastModified: Number(row.last_modified),
    progress: JSON.parse(row.progress),
  }
}
