import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../../store/database.ts'
import type { FunctionKey, Scope } from '../function.ts'
import { columnsOf, columnsOfScope, type LambdaTables } from '../store-rows.sql.ts'
import type { CodeSigningConfig } from './config.ts'
import type { CodeSigningStore, ConfigKey } from './store.ts'

type Db = Kysely<LambdaTables>

/** The store of code signing configurations on SQLite and PostgreSQL alike. */
export function createCodeSigningStore(database: Database): CodeSigningStore {
  const reads = database.kysely.withTables<LambdaTables>()
  const write = <Result>(work: (transaction: Transaction<LambdaTables>) => Promise<Result>) =>
    database.write((transaction) => work(transaction as unknown as Transaction<LambdaTables>))
  return {
    create: (config) =>
      write(async (transaction) => {
        await transaction
          .insertInto('lambda_code_signing_configs')
          .values({ ...columnsOfConfig(config), record: JSON.stringify(config) })
          .execute()
      }),
    find: (key) => findConfig(reads, key),
    list: (scope, page) => listConfigs(reads, scope, page),
    change: (key, work) => write((transaction) => changeConfig(transaction, key, work)),
    delete: (key) => write((transaction) => deleteConfig(transaction, key)),
    functionsOf: (key, page) => functionsOf(reads, key, page),
  }
}

/** The configuration that a function has. */
export async function findCodeSigning(db: Db, key: FunctionKey): Promise<CodeSigningConfig | undefined> {
  const row = await db
    .selectFrom('lambda_code_signing')
    .select('config_id')
    .where((eb) => eb.and(columnsOf(key)))
    .executeTakeFirst()
  return row === undefined ? undefined : findConfig(db, { ...key, id: row.config_id })
}

export async function saveCodeSigning(db: Db, key: FunctionKey, id: string | undefined): Promise<boolean> {
  if (id !== undefined && (await findConfig(db, { ...key, id })) === undefined) return false
  await db
    .deleteFrom('lambda_code_signing')
    .where((eb) => eb.and(columnsOf(key)))
    .execute()
  if (id !== undefined)
    await db
      .insertInto('lambda_code_signing')
      .values({ ...columnsOf(key), config_id: id })
      .execute()
  return true
}

async function findConfig(db: Db, key: ConfigKey): Promise<CodeSigningConfig | undefined> {
  const row = await db
    .selectFrom('lambda_code_signing_configs')
    .select('record')
    .where((eb) => eb.and(columnsOfConfig(key)))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

async function listConfigs(
  db: Db,
  scope: Scope,
  page: { after?: readonly string[]; max: number },
): Promise<CodeSigningConfig[]> {
  const rows = await db
    .selectFrom('lambda_code_signing_configs')
    .select('record')
    .where((eb) => eb.and(columnsOfScope(scope)))
    .where('id', '>', page.after?.[0] ?? '')
    .orderBy('id')
    .limit(page.max)
    .execute()
  return rows.map(({ record }) => JSON.parse(record))
}

async function changeConfig(
  db: Db,
  key: ConfigKey,
  work: (config: CodeSigningConfig) => CodeSigningConfig,
): Promise<CodeSigningConfig | undefined> {
  const before = await findConfig(db, key)
  if (before === undefined) return undefined
  const after = work(before)
  await db
    .updateTable('lambda_code_signing_configs')
    .set({ record: JSON.stringify(after) })
    .where((eb) => eb.and(columnsOfConfig(key)))
    .execute()
  return after
}

async function deleteConfig(db: Db, key: ConfigKey): Promise<'deleted' | 'missing' | 'in use'> {
  if ((await functionsOf(db, key, { max: 1 })).length > 0) return 'in use'
  const deleted = await db
    .deleteFrom('lambda_code_signing_configs')
    .where((eb) => eb.and(columnsOfConfig(key)))
    .returning('id')
    .executeTakeFirst()
  return deleted === undefined ? 'missing' : 'deleted'
}

async function functionsOf(
  db: Db,
  key: ConfigKey,
  page: { after?: readonly string[]; max: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('lambda_code_signing')
    .select('name')
    .where((eb) => eb.and({ ...columnsOfScope(key), config_id: key.id }))
    .where('name', '>', page.after?.[0] ?? '')
    .orderBy('name')
    .limit(page.max)
    .execute()
  return rows.map(({ name }) => name)
}

function columnsOfConfig({ accountId, region, id }: ConfigKey) {
  return { account_id: accountId, region, id }
}
