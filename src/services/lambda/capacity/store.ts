import type { FunctionKey, Scope } from '../function.ts'
import type { ManagedVersion, ProviderKey, Scaling, StoredProvider } from './provider.ts'

type Position = readonly string[]

/** Where capacity providers are kept, and which versions are on them. Every method is one transaction. */
export interface CapacityStore {
  /** False where there is one of this name. */
  create(provider: StoredProvider): Promise<boolean>
  find(key: ProviderKey): Promise<StoredProvider | undefined>
  /** By name. */
  list(scope: Scope, page: { after?: Position; max: number }): Promise<StoredProvider[]>
  /** Changes one that exists; `undefined` where it does not. Every node is told (`PROVIDER_CHANGED`). */
  change(
    key: ProviderKey,
    work: (provider: StoredProvider) => StoredProvider,
  ): Promise<StoredProvider | undefined>
  /** Deletes it, where no function has it: one that is created at the same time does not get it. */
  delete(key: ProviderKey): Promise<'deleted' | 'in use' | 'not found'>

  /** By function and version. */
  versionsOn(key: ProviderKey, page: { after?: Position; max: number }): Promise<ManagedVersion[]>
  versionsOf(key: FunctionKey): Promise<ManagedVersion[]>
  /** The functions that have versions on managed instances, on all providers. */
  managedFunctions(): Promise<FunctionKey[]>
  /** Tells every node that the function changed. False where the version is on no provider. */
  saveScaling(key: FunctionKey, version: string, scaling: Scaling): Promise<boolean>
}
