import { isDeepStrictEqual } from 'node:util'
import type { FunctionVersion } from '../../../wire/function-version.ts'
import { type FunctionKey, isVersionNumber } from '../function.ts'
import { KeyedWork } from '../keyed-work.ts'
import type { FunctionStore } from '../store.ts'
import { readFunctionKey, writeFunctionKey } from '../topics.ts'
import { type Progress, type Provided, type ProvisionedConfig, progressOf, sharesOf } from './config.ts'

/** Where environments are started ahead. */
export interface ProvisionedEnvironments {
  /** Keeps so many of this revision; `onChange` hears of each change of `provisioned`. */
  provision(fn: FunctionVersion, wanted: number, onChange: () => void): void
  provisioned(revision: string): Omit<Provided, 'wanted'>
}

interface Deps {
  readonly functions: FunctionStore
  readonly environments: ProvisionedEnvironments
  readonly reportFault: (error: unknown) => void
}

interface Wanted {
  readonly fn: FunctionVersion
  readonly wanted: number
  /** Of the configs that want it: one that is put again is another. */
  readonly ids: string
}

/** By revision. */
type Plan = ReadonlyMap<string, Wanted>

/** How many configs of one function are read: AWS has no such limit, and thousands would start nothing sooner. */
const CONFIGS_MAX = 1000

/**
 * Has the environments started that provisioned concurrency asks for, and keeps the record of how far that has
 * come. What is wanted stands in the database, so that a restart goes on with it. Every node provides what is
 * asked for: `planOf` is where leases would divide it.
 */
export class Provisioner {
  readonly #deps: Deps
  /** By function and revision: what placement was told last. */
  readonly #provided = new Map<string, Plan>()
  readonly #work: KeyedWork

  constructor(deps: Deps) {
    this.#deps = deps
    this.#work = new KeyedWork((key) => this.#refresh(key), deps.reportFault)
  }

  /** Goes on with what an earlier process was asked for. */
  async start(): Promise<void> {
    for (const key of await this.#deps.functions.functionsWithProvisioned())
      this.changed(writeFunctionKey(key))
  }

  /** A function changed, or what it has; without a key, any may have. */
  changed(key: string | undefined): void {
    if (key !== undefined) {
      this.#work.run(key)
      return
    }
    for (const known of this.#provided.keys()) this.#work.run(known)
    this.start().catch(this.#deps.reportFault)
  }

  stop(): Promise<void> {
    return this.#work.stop()
  }

  async #refresh(text: string): Promise<void> {
    const key = readFunctionKey(text)
    const configs = await this.#deps.functions.listProvisioned(key, { max: CONFIGS_MAX })
    const wanted = new Map<ProvisionedConfig, Wanted[]>()
    for (const config of configs) wanted.set(config, await this.#wantedBy(key, config))
    this.#provide(text, planOf([...wanted.values()].flat()))
    for (const [config, shares] of wanted) {
      const provided = shares.map((share) => ({
        ...this.#deps.environments.provisioned(share.fn.revision),
        wanted: share.wanted,
      }))
      await this.#report(key, config, progressOf(config, provided))
    }
  }

  /** What the config wants of which revision; of versions that are Active only. */
  async #wantedBy(key: FunctionKey, config: ProvisionedConfig): Promise<Wanted[]> {
    const { functions } = this.#deps
    const { qualifier, id } = config
    const alias = isVersionNumber(qualifier) ? undefined : await functions.findAlias(key, qualifier)
    if (alias === undefined && !isVersionNumber(qualifier)) return []
    const all: Wanted[] = []
    for (const { version, wanted } of sharesOf(config, alias)) {
      const fn = (await functions.findVersion(key, version))?.running
      if (fn !== undefined) all.push({ fn, wanted, ids: id })
    }
    return all
  }

  /** Tells placement what is new: to be told again would end its patience with an init that failed. */
  #provide(key: string, plan: Plan): void {
    const { environments } = this.#deps
    const before: Plan = this.#provided.get(key) ?? new Map()
    if (plan.size === 0) this.#provided.delete(key)
    else this.#provided.set(key, plan)
    for (const [revision, { fn }] of before) if (!plan.has(revision)) environments.provision(fn, 0, () => {})
    for (const [revision, { fn, wanted, ids }] of plan) {
      const last = before.get(revision)
      if (last?.wanted === wanted && last.ids === ids) continue
      environments.provision(fn, wanted, () => this.#work.run(key))
    }
  }

  async #report(key: FunctionKey, config: ProvisionedConfig, progress: Progress): Promise<void> {
    if (isDeepStrictEqual(progress, config.progress)) return
    await this.#deps.functions.reportProvisioned(key, config, progress)
  }
}

/** Aliases may lead to the same version. */
function planOf(all: readonly Wanted[]): Plan {
  const plan = new Map<string, Wanted>()
  for (const { fn, wanted, ids } of all) {
    const before = plan.get(fn.revision)
    plan.set(fn.revision, {
      fn,
      wanted: wanted + (before?.wanted ?? 0),
      ids: `${before?.ids ?? ''}${ids}`,
    })
  }
  return plan
}
