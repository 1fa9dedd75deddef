import { type Kysely, sql, type Transaction } from 'kysely'
import type { Changes } from '../../../store/changes.ts'
import type { Database, Tables } from '../../../store/database.ts'
import type { FunctionKey, Scope, StoredVersion } from '../function.ts'
import { holdAccount } from '../store-queries.sql.ts'
import { columnsOf, columnsOfScope, type LambdaTables } from '../store-rows.sql.ts'
import { FUNCTION_CHANGED, PROVIDER_CHANGED, writeFunctionKey } from '../topics.ts'
import type { ManagedVersion, ProviderKey, Scaling, StoredProvider } from './provider.ts'
import type { CapacityStore } from './store.ts'

/** The store of capacity providers on SQLite and PostgreSQL alike. */
export function createCapacityStore(database: Database, changes: Changes): CapacityStore {
  return new SqlCapacityStore(database, changes)
}

type Db = Kysely<LambdaTables>
type Page = { after?: readonly string[]; max: number }

class SqlCapacityStore implements CapacityStore {
  readonly #database: Database
  readonly #changes: Changes
  readonly #reads: Db

  constructor(database: Database, changes: Changes) {
    this.#database = database
    this.#changes = changes
    this.#reads = database.kysely.withTables<LambdaTables>()
  }

  create(provider: StoredProvider): Promise<boolean> {
    return this.#write(async (transaction) => {
      const created = await transaction
        .insertInto('lambda_capacity_providers')
        .values({ ...columnsOf(provider), record: JSON.stringify(provider) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('name')
        .executeTakeFirst()
      return created !== undefined
    })
  }

  find(key: ProviderKey): Promise<StoredProvider | undefined> {
    return findProvider(this.#reads, key)
  }

  async list(scope: Scope, page: Page): Promise<StoredProvider[]> {
    const rows = await this.#reads
      .selectFrom('lambda_capacity_providers')
      .select('record')
      .where((eb) => eb.and(columnsOfScope(scope)))
      .where('name', '>', page.after?.[0] ?? '')
      .orderBy('name')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  change(
    key: ProviderKey,
    work: (provider: StoredProvider) => StoredProvider,
  ): Promise<StoredProvider | undefined> {
    return this.#write(async (transaction) => {
      await holdAccount(transaction, key)
      const before = await findProvider(transaction, key)
      if (before === undefined) return undefined
      const after = work(before)
      await transaction
        .updateTable('lambda_capacity_providers')
        .set({ record: JSON.stringify(after) })
        .where((eb) => eb.and(columnsOf(key)))
        .execute()
      await this.#changes.publish(PROVIDER_CHANGED, writeFunctionKey(key), plain(transaction))
      return after
    })
  }

  delete(key: ProviderKey): Promise<'deleted' | 'in use' | 'not found'> {
    return this.#write(async (transaction) => {
      await holdAccount(transaction, key)
      if ((await findProvider(transaction, key)) === undefined) return 'not found'
      const [user] = await versionsOn(transaction, key, { max: 1 }, true)
      if (user !== undefined) return 'in use'
      await transaction
        .deleteFrom('lambda_capacity_providers')
        .where((eb) => eb.and(columnsOf(key)))
        .execute()
      return 'deleted'
    })
  }

  versionsOn(key: ProviderKey, page: Page): Promise<ManagedVersion[]> {
    return versionsOn(this.#reads, key, page, false)
  }

  async versionsOf(key: FunctionKey): Promise<ManagedVersion[]> {
    const rows = await this.#reads
      .selectFrom('lambda_managed_versions')
      .selectAll()
      .where((eb) => eb.and(columnsOf(key)))
      .execute()
    return rows.map(toManagedVersion)
  }

  async managedFunctions(): Promise<FunctionKey[]> {
    const rows = await this.#reads
      .selectFrom('lambda_managed_versions')
      .select(['account_id', 'region', 'name'])
      .distinct()
      .execute()
    return rows.map((row) => ({ accountId: row.account_id, region: row.region, name: row.name }))
  }

  saveScaling(key: FunctionKey, version: string, scaling: Scaling): Promise<boolean> {
    return this.#write(async (transaction) => {
      const saved = await transaction
        .updateTable('lambda_managed_versions')
        .set({ scaling: JSON.stringify(scaling) })
        .where((eb) => eb.and({ ...columnsOf(key), version }))
        .returning('version')
        .executeTakeFirst()
      await this.#changes.publish(FUNCTION_CHANGED, writeFunctionKey(key), plain(transaction))
      return saved !== undefined
    })
  }

  #write<Result>(work: (transaction: Transaction<LambdaTables>) => Promise<Result>): Promise<Result> {
    return this.#database.write((transaction) => work(transaction as unknown as Transaction<LambdaTables>))
  }
}

/** Within a change of the function: which provider a version is on, if on one. */
export async function saveManaged(transaction: Transaction<LambdaTables>, version: StoredVersion) {
  const provider = version.configuration.capacity?.provider
  if (provider === undefined) return
  await transaction
    .insertInto('lambda_managed_versions')
    .values({ ...columnsOf(version), version: version.version, provider, scaling: null })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'region', 'name', 'version']).doUpdateSet({ provider }),
    )
    .execute()
}

export async function deleteManaged(db: Db, key: FunctionKey, version: string): Promise<void> {
  await db
    .deleteFrom('lambda_managed_versions')
    .where((eb) => eb.and({ ...columnsOf(key), version }))
    .execute()
}

export async function findProvider(db: Db, key: ProviderKey): Promise<StoredProvider | undefined> {
  const row = await db
    .selectFrom('lambda_capacity_providers')
    .select('record')
    .where((eb) => eb.and(columnsOf(key)))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

/** `$LATEST` has a provider as well, but no environments on it. */
async function versionsOn(db: Db, key: ProviderKey, page: Page, latestToo: boolean) {
  const [name = '', version = ''] = page.after ?? []
  const rows = await db
    .selectFrom('lambda_managed_versions')
    .selectAll()
    .where((eb) => eb.and({ ...columnsOfScope(key), provider: key.name }))
    .$if(page.after !== undefined, (query) =>
      query.where(sql<boolean>`(name, version) > (${name}, ${version})`),
    )
    .$if(!latestToo, (query) => query.where('version', '!=', '$LATEST'))
    .orderBy('name')
    .orderBy('version')
    .limit(page.max)
    .execute()
  return rows.map(toManagedVersion)
}

function toManagedVersion(row: LambdaTables['lambda_managed_versions']): ManagedVersion {
  return {
    accountId: row.account_id,
    region: row.region,
    functionName: row.name,
    version: row.version,
    provider: row.provider,
    ...(row.scaling !== null && { scaling: JSON.parse(row.scaling) }),
  }
}

/** The transaction as the store handed it out. */
function plain(transaction: Transaction<LambdaTables>): Transaction<Tables> {
  return transaction as unknown as Transaction<Tables>
}
