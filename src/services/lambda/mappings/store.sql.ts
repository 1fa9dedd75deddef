import type { Kysely, Transaction } from 'kysely'
import type { Changes } from '../../../store/changes.ts'
import type { Database, Tables } from '../../../store/database.ts'
import type { Scope } from '../function.ts'
import { columnsOfScope } from '../store-rows.sql.ts'
import { MAPPING_CHANGED } from '../topics.ts'
import { functionArnOf, isInTransition, isPolled, type SourceKind, type StoredMapping } from './mapping.ts'
import type { MappingFilter, MappingKey, MappingStore } from './store.ts'

/** The tables of the migration `lambda-mappings`. */
type MappingTables = {
  lambda_mappings: {
    uuid: string
    account_id: string
    region: string
    source_kind: string
    source_arn: string
    function_name: string
    function_arn: string
    enabled: number
    settled: number
    record: string
  }
  lambda_mapping_positions: { uuid: string; part: string; position: string }
}

/** The mapping store on SQLite and PostgreSQL alike. */
export function createMappingStore(database: Database, changes: Changes): MappingStore {
  return new SqlMappingStore(database, changes)
}

class SqlMappingStore implements MappingStore {
  readonly #database: Database
  readonly #changes: Changes
  readonly #reads: Kysely<MappingTables>

  constructor(database: Database, changes: Changes) {
    this.#database = database
    this.#changes = changes
    this.#reads = database.kysely.withTables<MappingTables>()
  }

  find(key: MappingKey): Promise<StoredMapping | undefined> {
    return findMapping(this.#reads, key)
  }

  async list(
    scope: Scope,
    filter: MappingFilter,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredMapping[]> {
    const { sourceArn, functionName, functionArn } = filter
    const rows = await this.#reads
      .selectFrom('lambda_mappings')
      .select('record')
      .where((eb) => eb.and(columnsOfScope(scope)))
      .where('uuid', '>', page.after?.[0] ?? '')
      .$if(sourceArn !== undefined, (query) => query.where('source_arn', '=', sourceArn ?? ''))
      .$if(functionName !== undefined, (query) => query.where('function_name', '=', functionName ?? ''))
      .$if(functionArn !== undefined, (query) => query.where('function_arn', '=', functionArn ?? ''))
      .orderBy('uuid')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  create(mapping: StoredMapping): Promise<StoredMapping | undefined> {
    return this.#write(async (transaction) => {
      const created = await transaction
        .insertInto('lambda_mappings')
        .values(rowOf(mapping))
        .onConflict((conflict) => conflict.doNothing())
        .returning('uuid')
        .executeTakeFirst()
      if (created === undefined) return sameOf(transaction, mapping)
      await this.#tell(transaction, mapping.uuid)
      return undefined
    })
  }

  change(
    key: MappingKey,
    work: (mapping: StoredMapping) => StoredMapping | undefined,
  ): Promise<StoredMapping | undefined> {
    return this.#write(async (transaction) => {
      const before = await findMapping(transaction, key)
      if (before === undefined) return undefined
      const after = work(before)
      const { uuid } = key
      if (after === undefined)
        await transaction.deleteFrom('lambda_mappings').where('uuid', '=', uuid).execute()
      else
        await transaction.updateTable('lambda_mappings').set(rowOf(after)).where('uuid', '=', uuid).execute()
      await this.#tell(transaction, uuid)
      return after ?? before
    })
  }

  async inTransition(max: number): Promise<MappingKey[]> {
    const rows = await this.#reads
      .selectFrom('lambda_mappings')
      .select(['account_id', 'region', 'uuid'])
      .where('settled', '=', 0)
      .limit(max)
      .execute()
    return rows.map(({ account_id: accountId, region, uuid }) => ({ accountId, region, uuid }))
  }

  async polled(kind: SourceKind): Promise<StoredMapping[]> {
    const rows = await this.#reads
      .selectFrom('lambda_mappings')
      .select('record')
      .where((eb) => eb.and({ source_kind: kind, enabled: 1 }))
      .orderBy('uuid')
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  async position(uuid: string, part: string): Promise<string | undefined> {
    const row = await this.#reads
      .selectFrom('lambda_mapping_positions')
      .select('position')
      .where((eb) => eb.and({ uuid, part }))
      .executeTakeFirst()
    return row?.position
  }

  savePosition(uuid: string, part: string, position: string): Promise<boolean> {
    return this.#write(async (transaction) => {
      const mapping = await transaction
        .selectFrom('lambda_mappings')
        .select('uuid')
        .where('uuid', '=', uuid)
        .executeTakeFirst()
      if (mapping === undefined) return false
      await transaction
        .insertInto('lambda_mapping_positions')
        .values({ uuid, part, position })
        .onConflict((conflict) => conflict.columns(['uuid', 'part']).doUpdateSet({ position }))
        .execute()
      return true
    })
  }

  #tell(transaction: Transaction<MappingTables>, uuid: string): Promise<void> {
    return this.#changes.publish(MAPPING_CHANGED, uuid, transaction as unknown as Transaction<Tables>)
  }

  #write<Result>(work: (transaction: Transaction<MappingTables>) => Promise<Result>): Promise<Result> {
    return this.#database.write((transaction) => work(transaction as unknown as Transaction<MappingTables>))
  }
}

async function findMapping(
  db: Kysely<MappingTables>,
  { accountId, region, uuid }: MappingKey,
): Promise<StoredMapping | undefined> {
  const row = await db
    .selectFrom('lambda_mappings')
    .select('record')
    .where((eb) => eb.and({ ...columnsOfScope({ accountId, region }), uuid }))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

async function sameOf(db: Kysely<MappingTables>, mapping: StoredMapping): Promise<StoredMapping | undefined> {
  const { record } = await db
    .selectFrom('lambda_mappings')
    .select('record')
    .where((eb) => eb.and(columnsOfScope(mapping)))
    .where('function_arn', '=', functionArnOf(mapping))
    .where('source_arn', '=', mapping.sourceArn)
    .executeTakeFirstOrThrow()
  return JSON.parse(record)
}

function rowOf(mapping: StoredMapping): MappingTables['lambda_mappings'] {
  return {
    ...columnsOfScope(mapping),
    uuid: mapping.uuid,
    source_kind: mapping.kind,
    source_arn: mapping.sourceArn,
    function_name: mapping.functionName,
    function_arn: functionArnOf(mapping),
    enabled: isPolled(mapping.state) ? 1 : 0,
    settled: isInTransition(mapping.state) ? 0 : 1,
    record: JSON.stringify(mapping),
  }
}
