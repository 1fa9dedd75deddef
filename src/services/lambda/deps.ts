import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { BlobStore } from '../../store/blobs.ts'
import type { CapacityStore } from './capacity/store.ts'
import type { Architecture } from './configuration.ts'
import type { FunctionKey } from './function.ts'
import type { LayerStore } from './layers/store.ts'
import type { AccountLimits } from './limits.ts'
import type { MappingKey, MappingStore } from './mappings/store.ts'
import type { SigningProfiles } from './signing/profiles.ts'
import type { CodeSigningStore } from './signing/store.ts'
import type { FunctionStore, VersionPosition } from './store.ts'

/** What the operations are given. `createLambda` of service.ts builds it. */
export interface LambdaDeps {
  readonly functions: FunctionStore
  readonly layers: LayerStore
  readonly mappings: MappingStore
  readonly codeSigning: CodeSigningStore
  readonly signingProfiles: SigningProfiles
  readonly capacity: CapacityStore
  readonly blobs: BlobStore
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly limits: AccountLimits
  /** Of the machines that run functions here. */
  readonly architecture: Architecture
  /** Signs the links to code that GetFunction hands out; the same on all nodes. */
  readonly codeSecret: string | Buffer
  /** Whether the role is there and lets Lambda assume it. Absent: any role will do. */
  readonly isAssumableRole?: (arn: string) => Promise<boolean>
  /** Deletes the events that wait for a function that is gone. */
  readonly forgetEvents: (key: FunctionKey) => void
  /** Brings a version that was created or updated to its end, soon. */
  readonly settle: (version: VersionPosition) => void
  /** Brings a mapping that was created, changed or deleted into its state, soon. */
  readonly settleMapping: (mapping: MappingKey) => void
  /** Why functions cannot have file systems here; undefined where they can. */
  readonly whyNoFileSystems: () => string | undefined
  /** Says in lambdad's own log what its owner may want to know. */
  readonly warn: (message: string) => void
  /** The versions of a runtime's interpreter that are there, the newest first. */
  readonly runtimeVersions: (runtime: string) => Promise<readonly string[]>
}
