import type { Transaction } from 'kysely'
import type { StoredProvider } from './capacity/provider.ts'
import { deleteManaged, findProvider, saveManaged } from './capacity/store.sql.ts'
import type { EventConfig, FunctionKey, StoredAlias, StoredFunction, StoredVersion } from './function.ts'
import type { LayerKey, StoredLayerVersion } from './layers/layer.ts'
import { findLayerVersion } from './layers/store.sql.ts'
import type { ProvisionedConfig } from './provisioned/config.ts'
import { deleteProvisioned, listProvisioned, saveProvisioned } from './provisioned/store.sql.ts'
import type { CodeSigningConfig } from './signing/config.ts'
import { findCodeSigning, saveCodeSigning } from './signing/store.sql.ts'
import type { FunctionEditor, Statement, Usage } from './store.ts'
import {
  claimedConcurrency,
  discardCode,
  findAlias,
  findEventConfig,
  findPolicy,
  findVersion,
  holdAccount,
  usage,
} from './store-queries.sql.ts'
import { columnsOf, type LambdaTables, numberOf } from './store-rows.sql.ts'
import { REVISION_RETIRED } from './topics.ts'
import { deleteUrl, findUrl, saveUrl } from './urls/store.sql.ts'
import type { FunctionUrl } from './urls/url.ts'
import { isUnsettled } from './versions.ts'

/** Publishes a change with the transaction. */
type Tell = (topic: string, key: string) => Promise<void>

/** One function within one transaction, which holds the function's row. */
export class SqlFunctionEditor implements FunctionEditor {
  readonly head: StoredFunction | undefined
  readonly #db: Transaction<LambdaTables>
  readonly #key: FunctionKey
  readonly #tell: Tell

  constructor(db: Transaction<LambdaTables>, key: FunctionKey, head: StoredFunction | undefined, tell: Tell) {
    this.#db = db
    this.#key = key
    this.#tell = tell
    this.head = head
  }

  async retire(revisions: readonly string[]): Promise<void> {
    for (const revision of revisions) await this.#tell(REVISION_RETIRED, revision)
  }

  discardCode(hashes: readonly string[]): Promise<void> {
    return discardCode(this.#db, hashes)
  }

  url(qualifier: string): Promise<FunctionUrl | undefined> {
    return findUrl(this.#db, this.#key, qualifier)
  }

  saveUrl(url: FunctionUrl): Promise<void> {
    return saveUrl(this.#db, url)
  }

  deleteUrl(qualifier: string): Promise<void> {
    return deleteUrl(this.#db, this.#key, qualifier)
  }

  codeSigning(): Promise<CodeSigningConfig | undefined> {
    return findCodeSigning(this.#db, this.#key)
  }

  saveCodeSigning(id: string | undefined): Promise<boolean> {
    return saveCodeSigning(this.#db, this.#key, id)
  }

  layerVersion(key: LayerKey, version: number): Promise<StoredLayerVersion | undefined> {
    return findLayerVersion(this.#db, key, version)
  }

  async create(head: StoredFunction): Promise<boolean> {
    const created = await this.#db
      .insertInto('lambda_functions')
      .values({ ...columnsOf(this.#key), ...functionColumns(head) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('name')
      .executeTakeFirst()
    return created !== undefined
  }

  async save(head: StoredFunction): Promise<void> {
    await this.#db
      .updateTable('lambda_functions')
      .set(functionColumns(head))
      .where((eb) => eb.and(columnsOf(this.#key)))
      .execute()
  }

  async delete(): Promise<void> {
    await this.#db
      .deleteFrom('lambda_functions')
      .where((eb) => eb.and(columnsOf(this.#key)))
      .execute()
  }

  version(version: string): Promise<StoredVersion | undefined> {
    return findVersion(this.#db, this.#key, version)
  }

  async versions(): Promise<StoredVersion[]> {
    const rows = await this.#db
      .selectFrom('lambda_versions')
      .select('record')
      .where((eb) => eb.and(columnsOf(this.#key)))
      .orderBy('number')
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  async lastPublished(): Promise<StoredVersion | undefined> {
    const row = await this.#db
      .selectFrom('lambda_versions')
      .select('record')
      .where((eb) => eb.and(columnsOf(this.#key)))
      .where('number', '>', 0)
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row === undefined ? undefined : JSON.parse(row.record)
  }

  async saveVersion(version: StoredVersion): Promise<void> {
    const columns = versionColumns(version)
    await this.#db
      .insertInto('lambda_versions')
      .values({ ...columnsOf(this.#key), number: numberOf(version.version), ...columns })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'region', 'name', 'number']).doUpdateSet(columns),
      )
      .execute()
    await this.#saveLayers(version)
    await saveManaged(this.#db, version)
  }

  async #saveLayers(version: StoredVersion): Promise<void> {
    const row = { ...columnsOf(this.#key), number: numberOf(version.version) }
    await this.#db
      .deleteFrom('lambda_version_layers')
      .where((eb) => eb.and(row))
      .execute()
    const hashes = new Set([...layersOf(version.configuration), ...(version.running?.layers ?? [])])
    for (const sha256 of hashes)
      await this.#db
        .insertInto('lambda_version_layers')
        .values({ ...row, sha256 })
        .execute()
  }

  async deleteVersion(version: string): Promise<void> {
    await deleteManaged(this.#db, this.#key, version)
    await this.#db
      .deleteFrom('lambda_versions')
      .where((eb) => eb.and({ ...columnsOf(this.#key), number: numberOf(version) }))
      .execute()
  }

  async nextNumber(): Promise<string> {
    const { last } = await this.#db
      .insertInto('lambda_version_numbers')
      .values({ ...columnsOf(this.#key), last: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['account_id', 'region', 'name'])
          .doUpdateSet((eb) => ({ last: eb('lambda_version_numbers.last', '+', 1) })),
      )
      .returning('last')
      .executeTakeFirstOrThrow()
    return String(last)
  }

  alias(alias: string): Promise<StoredAlias | undefined> {
    return findAlias(this.#db, this.#key, alias)
  }

  async aliases(): Promise<StoredAlias[]> {
    const rows = await this.#db
      .selectFrom('lambda_aliases')
      .select('record')
      .where((eb) => eb.and(columnsOf(this.#key)))
      .orderBy('alias')
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  async saveAlias(alias: StoredAlias): Promise<void> {
    const columns = { version: alias.version, record: JSON.stringify(alias) }
    await this.#db
      .insertInto('lambda_aliases')
      .values({ ...columnsOf(this.#key), alias: alias.alias, ...columns })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'region', 'name', 'alias']).doUpdateSet(columns),
      )
      .execute()
  }

  async deleteAlias(alias: string): Promise<void> {
    await this.#db
      .deleteFrom('lambda_aliases')
      .where((eb) => eb.and({ ...columnsOf(this.#key), alias }))
      .execute()
  }

  policy(qualifier: string): Promise<readonly Statement[]> {
    return findPolicy(this.#db, this.#key, qualifier)
  }

  async savePolicy(qualifier: string, statements: readonly Statement[]): Promise<void> {
    const row = { ...columnsOf(this.#key), qualifier }
    await this.#db
      .deleteFrom('lambda_policies')
      .where((eb) => eb.and(row))
      .execute()
    if (statements.length === 0) return
    await this.#db
      .insertInto('lambda_policies')
      .values({ ...row, statements: JSON.stringify(statements) })
      .execute()
  }

  async capacityProvider(name: string): Promise<StoredProvider | undefined> {
    await holdAccount(this.#db, this.#key)
    return findProvider(this.#db, { ...this.#key, name })
  }

  provisioned(): Promise<ProvisionedConfig[]> {
    return listProvisioned(this.#db, this.#key, { max: Number.MAX_SAFE_INTEGER })
  }

  saveProvisioned(config: ProvisionedConfig): Promise<void> {
    return saveProvisioned(this.#db, this.#key, config)
  }

  deleteProvisioned(qualifier: string): Promise<void> {
    return deleteProvisioned(this.#db, this.#key, qualifier)
  }

  eventConfig(qualifier: string): Promise<EventConfig | undefined> {
    return findEventConfig(this.#db, this.#key, qualifier)
  }

  async saveEventConfig(config: EventConfig): Promise<void> {
    const record = JSON.stringify(config)
    await this.#db
      .insertInto('lambda_event_configs')
      .values({ ...columnsOf(this.#key), qualifier: config.qualifier, record })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'region', 'name', 'qualifier']).doUpdateSet({ record }),
      )
      .execute()
  }

  async deleteEventConfig(qualifier: string): Promise<void> {
    await this.#db
      .deleteFrom('lambda_event_configs')
      .where((eb) => eb.and({ ...columnsOf(this.#key), qualifier }))
      .execute()
  }

  usage(): Promise<Usage> {
    return usage(this.#db, this.#key)
  }

  async reservedByOthers(): Promise<number> {
    await holdAccount(this.#db, this.#key)
    return claimedConcurrency(this.#db, this.#key, this.#key.name)
  }
}

function functionColumns(head: StoredFunction) {
  return {
    tags: JSON.stringify(head.tags),
    reserved_concurrency: head.reservedConcurrency ?? null,
    recursive_loop: head.recursiveLoop ?? null,
  }
}

function layersOf({ layers = [] }: StoredVersion['configuration']): string[] {
  return layers.map(({ sha256 }) => sha256)
}

function versionColumns(version: StoredVersion) {
  return {
    code_sha256: version.code.sha256,
    running_sha256: version.running?.codeBlob ?? null,
    code_bytes: version.code.size,
    settled: isUnsettled(version) ? 0 : 1,
    record: JSON.stringify(version),
  }
}
