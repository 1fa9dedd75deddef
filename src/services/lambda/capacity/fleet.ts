import { isDeepStrictEqual } from 'node:util'
import type { FunctionVersion } from '../../../wire/function-version.ts'
import { type FunctionKey, LATEST } from '../function.ts'
import { KeyedWork } from '../keyed-work.ts'
import type { FunctionStore } from '../store.ts'
import { readFunctionKey, writeFunctionKey } from '../topics.ts'
import { DEFAULT_SCALING, providerArn } from './provider.ts'
import type { CapacityStore } from './store.ts'

/** Where environments on managed instances are kept. */
export interface ManagedEnvironments {
  keepManaged(fn: FunctionVersion, scale: ManagedScale, onChange: () => void): void
}

export interface ManagedScale {
  readonly min: number
  readonly max: number
  /** The capacity provider, and the processors that its functions have together. */
  readonly provider: string
  readonly vcpusMax: number
}

interface Deps {
  readonly functions: FunctionStore
  readonly capacity: CapacityStore
  readonly environments: ManagedEnvironments
  readonly reportFault: (error: unknown) => void
}

/** Functions that are looked at again when their provider changed. */
const FUNCTIONS_MAX = 1000

/**
 * Has placement keep the environments of published versions that are on managed instances. What is wanted stands
 * in the database; revisions that are superseded or deleted are retired as all others are.
 */
export class Fleet {
  readonly #deps: Deps
  readonly #work: KeyedWork
  /** By function and revision: what placement was told last. */
  readonly #told = new Map<string, Map<string, ManagedScale>>()

  constructor(deps: Deps) {
    this.#deps = deps
    this.#work = new KeyedWork((key) => this.#refresh(readFunctionKey(key)), deps.reportFault)
  }

  async start(): Promise<void> {
    for (const key of await this.#deps.capacity.managedFunctions()) this.#work.run(writeFunctionKey(key))
  }

  /** A function changed; without a key, any may have. */
  changed(key: string | undefined): void {
    if (key !== undefined) this.#work.run(key)
    else this.start().catch(this.#deps.reportFault)
  }

  providerChanged(key: string | undefined): void {
    const { capacity, reportFault } = this.#deps
    if (key === undefined) {
      this.changed(undefined)
      return
    }
    const { accountId, region, name } = readFunctionKey(key)
    capacity.versionsOn({ accountId, region, name }, { max: FUNCTIONS_MAX }).then((versions) => {
      for (const { functionName } of versions)
        this.#work.run(writeFunctionKey({ accountId, region, name: functionName }))
    }, reportFault)
  }

  stop(): Promise<void> {
    return this.#work.stop()
  }

  async #refresh(key: FunctionKey): Promise<void> {
    const text = writeFunctionKey(key)
    const before = this.#told.get(text)
    const after = new Map<string, ManagedScale>()
    for (const { version, provider, scaling } of await this.#deps.capacity.versionsOf(key)) {
      const fn = (await this.#deps.functions.findVersion(key, version))?.running
      if (version === LATEST || fn?.managed === undefined) continue
      const scale = await this.#scaleOf({ ...key, name: provider }, scaling)
      after.set(fn.revision, scale)
      // To be told again would end its patience with an init that failed.
      if (isDeepStrictEqual(before?.get(fn.revision), scale)) continue
      this.#deps.environments.keepManaged(fn, scale, () => {})
    }
    if (after.size === 0) this.#told.delete(text)
    else this.#told.set(text, after)
  }

  async #scaleOf(
    provider: FunctionKey,
    { min, max }: { min: number; max: number } = DEFAULT_SCALING,
  ): Promise<ManagedScale> {
    const { vcpusMax = 0 } = (await this.#deps.capacity.find(provider)) ?? {}
    return { min, max, provider: providerArn(provider), vcpusMax }
  }
}
