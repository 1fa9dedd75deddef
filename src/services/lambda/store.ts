import type { StoredProvider } from './capacity/provider.ts'
import type {
  EventConfig,
  FunctionKey,
  Scope,
  StoredAlias,
  StoredFunction,
  StoredVersion,
} from './function.ts'
import type { LayerKey, StoredLayerVersion } from './layers/layer.ts'
import type { Progress, ProvisionedConfig } from './provisioned/config.ts'
import type { CodeSigningConfig } from './signing/config.ts'
import type { FunctionUrl } from './urls/url.ts'

/** One statement of a resource policy, in the order of its members. */
export type Statement = Readonly<Record<string, unknown>> & { readonly Sid?: string }

export interface Usage {
  readonly functionCount: number
  /** Bytes of zips; each version of a function or layer counts its own, even where two have the same. */
  readonly codeBytes: number
}

/** The last item of the page before, in what its list is ordered by. */
type Position = readonly string[]

/** Where functions are kept. Every method is one transaction. */
export interface FunctionStore {
  find(key: FunctionKey): Promise<StoredFunction | undefined>
  /** `version` is `$LATEST` or a number. */
  findVersion(key: FunctionKey, version: string): Promise<StoredVersion | undefined>
  findAlias(key: FunctionKey, alias: string): Promise<StoredAlias | undefined>
  /** The policy of a version, an alias or, with an empty qualifier, the function. Empty where there is none. */
  findPolicy(key: FunctionKey, qualifier: string): Promise<readonly Statement[]>
  /** Of `$LATEST`, a version or an alias. */
  findEventConfig(key: FunctionKey, qualifier: string): Promise<EventConfig | undefined>

  /** `$LATEST` of each function, by name. */
  listFunctions(scope: Scope, page: { after?: Position; max: number }): Promise<StoredVersion[]>
  /** All versions of all functions, by name, `$LATEST` first and then by number. */
  listAllVersions(scope: Scope, page: { after?: Position; max: number }): Promise<StoredVersion[]>
  /** Versions of one function, `$LATEST` first and then by number. */
  listVersions(key: FunctionKey, page: { after?: Position; max: number }): Promise<StoredVersion[]>
  /** Aliases by name; only those that point to `version`, where that is given. */
  listAliases(
    key: FunctionKey,
    page: { after?: Position; max: number; version?: string },
  ): Promise<StoredAlias[]>

  /** By qualifier. */
  listEventConfigs(key: FunctionKey, page: { after?: Position; max: number }): Promise<EventConfig[]>
  findUrl(key: FunctionKey, qualifier: string): Promise<FunctionUrl | undefined>
  /** By the first part of its host's name, whosever it is. */
  findUrlById(urlId: string): Promise<FunctionUrl | undefined>
  /** The function's own first, then those of aliases by their names. */
  listUrls(key: FunctionKey, page: { after?: Position; max: number }): Promise<FunctionUrl[]>
  /** The function's code signing configuration. */
  findCodeSigning(key: FunctionKey): Promise<CodeSigningConfig | undefined>

  usage(scope: Scope): Promise<Usage>
  /**
   * What the account's functions in the region have taken from what all share: the sum of what is reserved, and
   * of what is provisioned without a reservation.
   */
  reservedConcurrency(scope: Scope): Promise<number>

  findProvisioned(key: FunctionKey, qualifier: string): Promise<ProvisionedConfig | undefined>
  /** By qualifier. */
  listProvisioned(key: FunctionKey, page: { after?: Position; max: number }): Promise<ProvisionedConfig[]>
  functionsWithProvisioned(): Promise<FunctionKey[]>
  /** Keeps how far a config has come, where it still is the one with this id. Tells nobody. */
  reportProvisioned(
    key: FunctionKey,
    config: { readonly qualifier: string; readonly id: string },
    progress: Progress,
  ): Promise<void>

  /** Versions that are Pending or being updated: what a restart has to bring to its end. */
  unsettled(max: number): Promise<VersionPosition[]>

  /**
   * Reads and changes one function. Changes of the same function run one after another; where `work`
   * throws, nothing of it remains. `work` may be run again, so it has no effects but those on `fn`. Every node
   * is told of the change when it commits (`FUNCTION_CHANGED` of topics.ts).
   */
  change<Result>(key: FunctionKey, work: (fn: FunctionEditor) => Promise<Result>): Promise<Result>

  /** Keeps code that is being uploaded, and that no version names yet, from being collected until `until`. */
  pinCode(pin: CodePin): Promise<void>
  /**
   * Calls `remove` where neither function nor layer names the code and no pin holds it at `now`; nobody can pin it
   * meanwhile. Ends the pin `unpin` first. Returns whether it was removed.
   */
  collectCode(
    code: { sha256: string; now: number; unpin?: string },
    remove: () => Promise<void>,
  ): Promise<boolean>
  /** Keeps an image's layers for as long as the image itself is not collected. */
  holdLayers(image: string, layers: readonly string[]): Promise<void>
  /** Code that is to be collected: discarded, or of uploads that a crash cut short. */
  uncollectedCode(now: number, max: number): Promise<string[]>
}

export interface CodePin {
  /** Of the upload, so that two of the same code do not end each other's. */
  readonly id: string
  readonly sha256: string
  readonly until: number
}

export interface VersionPosition extends FunctionKey {
  readonly version: string
}

/** A function within a transaction that nobody else changes it in. */
export interface FunctionEditor {
  /** As it was when the transaction began; undefined where there is no such function. */
  readonly head: StoredFunction | undefined

  /** False where another one came first. */
  create(head: StoredFunction): Promise<boolean>
  save(head: StoredFunction): Promise<void>
  /** The function with its versions, aliases and policies. */
  delete(): Promise<void>

  version(version: string): Promise<StoredVersion | undefined>
  versions(): Promise<StoredVersion[]>
  /** The version with the highest number that still exists. */
  lastPublished(): Promise<StoredVersion | undefined>
  saveVersion(version: StoredVersion): Promise<void>
  deleteVersion(version: string): Promise<void>
  /** A number that no version of a function of this name ever had, deleted ones included. */
  nextNumber(): Promise<string>

  alias(alias: string): Promise<StoredAlias | undefined>
  aliases(): Promise<StoredAlias[]>
  saveAlias(alias: StoredAlias): Promise<void>
  deleteAlias(alias: string): Promise<void>

  policy(qualifier: string): Promise<readonly Statement[]>
  /** An empty list deletes the policy. */
  savePolicy(qualifier: string, statements: readonly Statement[]): Promise<void>

  /** Nobody deletes it before this transaction ends. */
  capacityProvider(name: string): Promise<StoredProvider | undefined>

  provisioned(): Promise<ProvisionedConfig[]>
  saveProvisioned(config: ProvisionedConfig): Promise<void>
  deleteProvisioned(qualifier: string): Promise<void>

  eventConfig(qualifier: string): Promise<EventConfig | undefined>
  saveEventConfig(config: EventConfig): Promise<void>
  deleteEventConfig(qualifier: string): Promise<void>

  /** Tells every node, with the commit, that these revisions are to run no more. */
  retire(revisions: readonly string[]): Promise<void>

  /** Marks code that this change takes from a version as to be collected, unless another one has it. */
  discardCode(hashes: readonly string[]): Promise<void>

  /** Of the function itself, where the qualifier is empty, or of an alias. */
  url(qualifier: string): Promise<FunctionUrl | undefined>
  saveUrl(url: FunctionUrl): Promise<void>
  deleteUrl(qualifier: string): Promise<void>

  codeSigning(): Promise<CodeSigningConfig | undefined>
  /** False where there is no such configuration. Undefined takes away the one that the function has. */
  saveCodeSigning(id: string | undefined): Promise<boolean>

  layerVersion(key: LayerKey, version: number): Promise<StoredLayerVersion | undefined>

  usage(): Promise<Usage>
  /** What the account's other functions have reserved or provisioned; nobody changes that before this transaction ends. */
  reservedByOthers(): Promise<number>
}
