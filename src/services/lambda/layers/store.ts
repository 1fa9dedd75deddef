import type { Scope } from '../function.ts'
import type { LayerKey, StoredLayerVersion } from './layer.ts'

/** What a new version consists of: all but its number, which the store gives. */
export type NewLayerVersion = Omit<StoredLayerVersion, 'version'>

export interface LayerFilter {
  readonly runtime?: string
  readonly architecture?: string
}

/** Where layers are kept. Every method is one transaction. */
export interface LayerStore {
  /**
   * Under a number that the layer never had. Undefined, and nothing kept, where the account's code would come
   * to more than `codeBytesMax`.
   */
  publish(content: NewLayerVersion, codeBytesMax: number): Promise<StoredLayerVersion | undefined>
  find(key: LayerKey, version: number): Promise<StoredLayerVersion | undefined>
  /** The last version that fits of each layer that has one, by name. */
  list(
    scope: Scope,
    filter: LayerFilter,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredLayerVersion[]>
  /** The newest first. */
  listVersions(
    key: LayerKey,
    filter: LayerFilter,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredLayerVersion[]>
  /**
   * Reads and changes a version's policy; changes of the same version run one after another. Undefined where
   * there is no such version.
   */
  changePolicy(
    key: LayerKey,
    version: number,
    work: (current: StoredLayerVersion['policy']) => NonNullable<StoredLayerVersion['policy']>,
  ): Promise<StoredLayerVersion | undefined>
  /** Marks the code as to be collected. What was deleted, or undefined where there was no such version. */
  delete(key: LayerKey, version: number): Promise<StoredLayerVersion | undefined>
}
