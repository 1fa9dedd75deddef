import { type Kysely, type SelectQueryBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../../../store/database.ts'
import type { Scope } from '../function.ts'
import { discardCode, usage } from '../store-queries.sql.ts'
import { columnsOfScope, type LambdaTables } from '../store-rows.sql.ts'
import type { LayerKey, StoredLayerVersion } from './layer.ts'
import type { LayerFilter, LayerStore, NewLayerVersion } from './store.ts'

/** The layer store on SQLite and PostgreSQL alike. */
export function createLayerStore(database: Database): LayerStore {
  return new SqlLayerStore(database)
}

/** Beyond any number of a version. */
const NEWEST = Number.MAX_SAFE_INTEGER

class SqlLayerStore implements LayerStore {
  readonly #database: Database
  readonly #reads: Kysely<LambdaTables>

  constructor(database: Database) {
    this.#database = database
    this.#reads = database.kysely.withTables<LambdaTables>()
  }

  publish(content: NewLayerVersion, codeBytesMax: number): Promise<StoredLayerVersion | undefined> {
    return this.#write(async (transaction) => {
      const { codeBytes } = await usage(transaction, content)
      if (codeBytes + content.size > codeBytesMax) return undefined
      const version: StoredLayerVersion = { ...content, version: await nextNumber(transaction, content) }
      await transaction
        .insertInto('lambda_layer_versions')
        .values({
          ...columnsOf(content),
          number: version.version,
          sha256: version.sha256,
          code_bytes: version.size,
          runtimes: listed(version.runtimes),
          architectures: listed(version.architectures),
          record: JSON.stringify(version),
        })
        .execute()
      return version
    })
  }

  find(key: LayerKey, version: number): Promise<StoredLayerVersion | undefined> {
    return findLayerVersion(this.#reads, key, version)
  }

  async list(
    scope: Scope,
    filter: LayerFilter,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredLayerVersion[]> {
    const newest = this.#reads
      .selectFrom('lambda_layer_versions')
      .select((eb) => ['account_id', 'region', 'layer', eb.fn.max('number').as('number')])
      .where((eb) => eb.and(columnsOfScope(scope)))
      .where('layer', '>', page.after?.[0] ?? '')
      .$call((query) => filtered(query, filter))
      .groupBy(['account_id', 'region', 'layer'])
      .orderBy('layer')
      .limit(page.max)
    const rows = await this.#reads
      .selectFrom('lambda_layer_versions as version')
      .innerJoin(newest.as('newest'), (join) =>
        join
          .onRef('version.account_id', '=', 'newest.account_id')
          .onRef('version.region', '=', 'newest.region')
          .onRef('version.layer', '=', 'newest.layer')
          .onRef('version.number', '=', 'newest.number'),
      )
      .select('version.record')
      .orderBy('version.layer')
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  async listVersions(
    key: LayerKey,
    filter: LayerFilter,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredLayerVersion[]> {
    const rows = await this.#reads
      .selectFrom('lambda_layer_versions')
      .select('record')
      .where((eb) => eb.and(columnsOf(key)))
      .where('number', '<', Number(page.after?.[0] ?? NEWEST))
      .$call((query) => filtered(query, filter))
      .orderBy('number', 'desc')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  changePolicy(
    key: LayerKey,
    number: number,
    work: (current: StoredLayerVersion['policy']) => NonNullable<StoredLayerVersion['policy']>,
  ): Promise<StoredLayerVersion | undefined> {
    return this.#write(async (transaction) => {
      const version = await findLayerVersion(transaction, key, number)
      if (version === undefined) return undefined
      const changed = { ...version, policy: work(version.policy) }
      await transaction
        .updateTable('lambda_layer_versions')
        .set({ record: JSON.stringify(changed) })
        .where((eb) => eb.and({ ...columnsOf(key), number }))
        .execute()
      return changed
    })
  }

  delete(key: LayerKey, number: number): Promise<StoredLayerVersion | undefined> {
    return this.#write(async (transaction) => {
      const deleted = await transaction
        .deleteFrom('lambda_layer_versions')
        .where((eb) => eb.and({ ...columnsOf(key), number }))
        .returning('record')
        .executeTakeFirst()
      if (deleted === undefined) return undefined
      const version: StoredLayerVersion = JSON.parse(deleted.record)
      await discardCode(transaction, [version.sha256])
      return version
    })
  }

  #write<Result>(work: (transaction: Transaction<LambdaTables>) => Promise<Result>): Promise<Result> {
    return this.#database.write((transaction) => work(transaction as unknown as Transaction<LambdaTables>))
  }
}

export async function findLayerVersion(
  db: Kysely<LambdaTables>,
  key: LayerKey,
  number: number,
): Promise<StoredLayerVersion | undefined> {
  if (!Number.isSafeInteger(number)) return undefined
  const row = await db
    .selectFrom('lambda_layer_versions')
    .select('record')
    .where((eb) => eb.and({ ...columnsOf(key), number }))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

async function nextNumber(transaction: Transaction<LambdaTables>, key: LayerKey): Promise<number> {
  const { last } = await transaction
    .insertInto('lambda_layers')
    .values({ ...columnsOf(key), last: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'region', 'layer'])
        .doUpdateSet((eb) => ({ last: eb('lambda_layers.last', '+', 1) })),
    )
    .returning('last')
    .executeTakeFirstOrThrow()
  return Number(last)
}

function columnsOf({ accountId, region, layer }: LayerKey) {
  return { account_id: accountId, region, layer }
}

function listed(names: readonly string[]): string {
  return `,${names.join(',')},`
}

function filtered<Query extends SelectQueryBuilder<LambdaTables, 'lambda_layer_versions', object>>(
  query: Query,
  { runtime, architecture }: LayerFilter,
): Query {
  const matching: SelectQueryBuilder<LambdaTables, 'lambda_layer_versions', object> = query
    .$if(runtime !== undefined, (some) => some.where(holds('runtimes', runtime)))
    .$if(architecture !== undefined, (some) => some.where(holds('architectures', architecture)))
  return matching as Query
}

/** Names of the model's enumerations have nothing that LIKE takes for a pattern but `_`, which is itself, too. */
function holds(column: 'runtimes' | 'architectures', name = '') {
  return sql<boolean>`${sql.ref(column)} like ${`%,${name},%`}`
}
