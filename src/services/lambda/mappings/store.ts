import type { Scope } from '../function.ts'
import type { SourceKind, StoredMapping } from './mapping.ts'

export interface MappingKey extends Scope {
  readonly uuid: string
}

export interface MappingFilter {
  readonly sourceArn?: string
  readonly functionName?: string
  /** With `functionName`: only those of this version or alias. */
  readonly functionArn?: string
}

/**
 * Where mappings are kept. Every method is one transaction; every change is told to all nodes with its commit
 * (`MAPPING_CHANGED` of topics.ts, with the UUID).
 */
export interface MappingStore {
  find(key: MappingKey): Promise<StoredMapping | undefined>
  /** By UUID. */
  list(
    scope: Scope,
    filter: MappingFilter,
    page: { after?: readonly string[]; max: number },
  ): Promise<StoredMapping[]>
  /** Kept, or the mapping that brings the same source to the same function already. */
  create(mapping: StoredMapping): Promise<StoredMapping | undefined>
  /**
   * Reads and changes one mapping; changes of the same one run after another. Where `work` returns undefined the
   * mapping goes, with its positions. Undefined where there is none.
   */
  change(
    key: MappingKey,
    work: (mapping: StoredMapping) => StoredMapping | undefined,
  ): Promise<StoredMapping | undefined>
  /** Those that are on their way into another state. */
  inTransition(max: number): Promise<MappingKey[]>

  /** What pollers read: all of this kind whose source is to be polled, of all accounts and regions. */
  polled(kind: SourceKind): Promise<StoredMapping[]>
  /** How far a poller has come in a part of its source, a shard or a partition. */
  position(uuid: string, part: string): Promise<string | undefined>
  /** Returns false, and keeps nothing, where the mapping is gone. */
  savePosition(uuid: string, part: string, position: string): Promise<boolean>
}
