import { type Kysely, sql, type Transaction } from 'kysely'
import type { Changes } from '../../store/changes.ts'
import type { Database, Tables } from '../../store/database.ts'
import type {
  EventConfig,
  FunctionKey,
  Scope,
  StoredAlias,
  StoredFunction,
  StoredVersion,
} from './function.ts'
import type { Progress, ProvisionedConfig } from './provisioned/config.ts'
import {
  findProvisioned,
  functionsWithProvisioned,
  listProvisioned,
  reportProvisioned,
} from './provisioned/store.sql.ts'
import type { CodeSigningConfig } from './signing/config.ts'
import { findCodeSigning } from './signing/store.sql.ts'
import type { CodePin, FunctionEditor, FunctionStore, Statement, Usage, VersionPosition } from './store.ts'
import { SqlFunctionEditor } from './store-editor.sql.ts'
import {
  claimedConcurrency,
  findAlias,
  findEventConfig,
  findPolicy,
  findVersion,
  holdAccount,
  isCodeWanted,
  usage,
} from './store-queries.sql.ts'
import {
  columnsOf,
  columnsOfScope,
  type LambdaTables,
  numberOf,
  toFunction,
  versionOf,
} from './store-rows.sql.ts'
import { FUNCTION_CHANGED, writeFunctionKey } from './topics.ts'
import { findUrl, findUrlById, listUrls } from './urls/store.sql.ts'
import type { FunctionUrl } from './urls/url.ts'

/** The function store on SQLite and PostgreSQL alike. */
export function createFunctionStore(database: Database, changes: Changes): FunctionStore {
  return new SqlFunctionStore(database, changes)
}

class SqlFunctionStore implements FunctionStore {
  readonly #database: Database
  readonly #changes: Changes
  readonly #reads: Kysely<LambdaTables>

  constructor(database: Database, changes: Changes) {
    this.#database = database
    this.#changes = changes
    this.#reads = database.kysely.withTables<LambdaTables>()
  }

  async find(key: FunctionKey): Promise<StoredFunction | undefined> {
    const row = await this.#reads
      .selectFrom('lambda_functions')
      .selectAll()
      .where((eb) => eb.and(columnsOf(key)))
      .executeTakeFirst()
    return row === undefined ? undefined : toFunction(row)
  }

  async findVersion(key: FunctionKey, version: string): Promise<StoredVersion | undefined> {
    return findVersion(this.#reads, key, version)
  }

  async findAlias(key: FunctionKey, alias: string): Promise<StoredAlias | undefined> {
    return findAlias(this.#reads, key, alias)
  }

  async findPolicy(key: FunctionKey, qualifier: string): Promise<readonly Statement[]> {
    return findPolicy(this.#reads, key, qualifier)
  }

  async listFunctions(
    scope: Scope,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredVersion[]> {
    const rows = await this.#reads
      .selectFrom('lambda_versions')
      .select('record')
      .where((eb) => eb.and(columnsOfScope(scope)))
      .where('number', '=', 0)
      .where('name', '>', page.after?.[0] ?? '')
      .orderBy('name')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  async listAllVersions(
    scope: Scope,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredVersion[]> {
    const [name = '', version = ''] = page.after ?? []
    const rows = await this.#reads
      .selectFrom('lambda_versions')
      .select('record')
      .where((eb) => eb.and(columnsOfScope(scope)))
      .$if(page.after !== undefined, (query) =>
        query.where(sql<boolean>`(name, number) > (${name}, ${numberOf(version)})`),
      )
      .orderBy('name')
      .orderBy('number')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  async listVersions(
    key: FunctionKey,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredVersion[]> {
    const rows = await this.#reads
      .selectFrom('lambda_versions')
      .select('record')
      .where((eb) => eb.and(columnsOf(key)))
      .where('number', '>', page.after === undefined ? -1 : numberOf(page.after[0] ?? ''))
      .orderBy('number')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  async listAliases(
    key: FunctionKey,
    page: { after?: readonly string[]; max: number; version?: string },
  ): Promise<StoredAlias[]> {
    const rows = await this.#reads
      .selectFrom('lambda_aliases')
      .select('record')
      .where((eb) => eb.and(columnsOf(key)))
      .where('alias', '>', page.after?.[0] ?? '')
      .$if(page.version !== undefined, (query) => query.where('version', '=', page.version ?? ''))
      .orderBy('alias')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  findEventConfig(key: FunctionKey, qualifier: string): Promise<EventConfig | undefined> {
    return findEventConfig(this.#reads, key, qualifier)
  }

  async listEventConfigs(
    key: FunctionKey,
    page: { after?: readonly string[]; max: number },
  ): Promise<EventConfig[]> {
    const rows = await this.#reads
      .selectFrom('lambda_event_configs')
      .select('record')
      .where((eb) => eb.and(columnsOf(key)))
      .where('qualifier', '>', page.after?.[0] ?? '')
      .orderBy('qualifier')
      .limit(page.max)
      .execute()
    return rows.map(({ record }) => JSON.parse(record))
  }

  findUrl(key: FunctionKey, qualifier: string): Promise<FunctionUrl | undefined> {
    return findUrl(this.#reads, key, qualifier)
  }

  findUrlById(urlId: string): Promise<FunctionUrl | undefined> {
    return findUrlById(this.#reads, urlId)
  }

  listUrls(key: FunctionKey, page: { after?: readonly string[]; max: number }): Promise<FunctionUrl[]> {
    return listUrls(this.#reads, key, page)
  }

  findCodeSigning(key: FunctionKey): Promise<CodeSigningConfig | undefined> {
    return findCodeSigning(this.#reads, key)
  }

  usage(scope: Scope): Promise<Usage> {
    return usage(this.#reads, scope)
  }

  reservedConcurrency(scope: Scope): Promise<number> {
    return claimedConcurrency(this.#reads, scope)
  }

  findProvisioned(key: FunctionKey, qualifier: string): Promise<ProvisionedConfig | undefined> {
    return findProvisioned(this.#reads, key, qualifier)
  }

  listProvisioned(
    key: FunctionKey,
    page: { after?: readonly string[]; max: number },
  ): Promise<ProvisionedConfig[]> {
    return listProvisioned(this.#reads, key, page)
  }

  functionsWithProvisioned(): Promise<FunctionKey[]> {
    return functionsWithProvisioned(this.#reads)
  }

  reportProvisioned(
    key: FunctionKey,
    config: { qualifier: string; id: string },
    progress: Progress,
  ): Promise<void> {
    return this.#write((transaction) => reportProvisioned(transaction, key, config, progress))
  }

  async unsettled(max: number): Promise<VersionPosition[]> {
    const rows = await this.#reads
      .selectFrom('lambda_versions')
      .select(['account_id', 'region', 'name', 'number'])
      .where('settled', '=', 0)
      .limit(max)
      .execute()
    return rows.map((row) => ({
      accountId: row.account_id,
      region: row.region,
      name: row.name,
      version: versionOf(Number(row.number)),
    }))
  }

  change<Result>(key: FunctionKey, work: (fn: FunctionEditor) => Promise<Result>): Promise<Result> {
    return this.#write(async (transaction) => {
      // Writing the row holds it, so that changes of one function wait for one another.
      const held = await transaction
        .updateTable('lambda_functions')
        .set((eb) => ({ changes: eb('changes', '+', 1) }))
        .where((eb) => eb.and(columnsOf(key)))
        .returningAll()
        .executeTakeFirst()
      const head = held === undefined ? undefined : toFunction(held)
      const tell = (topic: string, what: string) => this.#changes.publish(topic, what, plain(transaction))
      await tell(FUNCTION_CHANGED, writeFunctionKey(key))
      return work(new SqlFunctionEditor(transaction, key, head, tell))
    })
  }

  async pinCode(pin: CodePin): Promise<void> {
    await this.#write(async (transaction) => {
      await holdCode(transaction)
      await transaction
        .insertInto('lambda_code_pins')
        .values({ id: pin.id, sha256: pin.sha256, pinned_until: pin.until })
        .execute()
    })
  }

  collectCode(
    { sha256, now, unpin = '' }: { sha256: string; now: number; unpin?: string },
    remove: () => Promise<void>,
  ): Promise<boolean> {
    return this.#write(async (transaction) => {
      await holdCode(transaction)
      await transaction
        .deleteFrom('lambda_code_pins')
        .where('sha256', '=', sha256)
        .where((eb) => eb.or([eb('id', '=', unpin), eb('pinned_until', '<=', now)]))
        .execute()
      if (await isCodeWanted(transaction, sha256)) return false
      // Within the transaction, because pins wait for it. Run twice, it finds nothing to remove.
      await remove()
      // Where it was an image: its layers are to be collected next.
      await transaction
        .updateTable('lambda_code_pins')
        .set({ pinned_until: 0 })
        .where('id', 'like', `${sha256}:%`)
        .execute()
      return true
    })
  }

  async holdLayers(image: string, layers: readonly string[]): Promise<void> {
    const until = Number.MAX_SAFE_INTEGER
    await this.#write(async (transaction) => {
      await holdCode(transaction)
      for (const sha256 of new Set(layers))
        await transaction
          .insertInto('lambda_code_pins')
          .values({ id: `${image}:${sha256}`, sha256, pinned_until: until })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ pinned_until: until }))
          .execute()
    })
  }

  async uncollectedCode(now: number, max: number): Promise<string[]> {
    const rows = await this.#reads
      .selectFrom('lambda_code_pins')
      .select('sha256')
      .distinct()
      .where('pinned_until', '<=', now)
      .limit(max)
      .execute()
    return rows.map(({ sha256 }) => sha256)
  }

  #write<Result>(work: (transaction: Transaction<LambdaTables>) => Promise<Result>): Promise<Result> {
    return this.#database.write((transaction) => work(transaction as unknown as Transaction<LambdaTables>))
  }
}

/** The transaction as the store handed it out. */
function plain(transaction: Transaction<LambdaTables>): Transaction<Tables> {
  return transaction as unknown as Transaction<Tables>
}

/** Pins and collections of code wait for one another. */
function holdCode(transaction: Transaction<LambdaTables>): Promise<void> {
  return holdAccount(transaction, { accountId: '', region: '' })
}
