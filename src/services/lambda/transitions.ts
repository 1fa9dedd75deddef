import type { Clock, Timer } from '../../base/clock.ts'
import { retiredBy } from './change.ts'
import { collectCode } from './code.ts'
import type { LambdaDeps } from './deps.ts'
import type { FunctionKey } from './function.ts'
import type { FunctionEditor, VersionPosition } from './store.ts'
import { isUnsettled, settled } from './versions.ts'

/**
 * How long a function is seen Pending or being updated. AWS takes seconds, because it copies code around;
 * here the package has been read before the operation answers, and nothing is left to do.
 */
const SETTLES_AFTER_MS = 2
/** When the database cannot be written: until then the version stays as it is. */
const RETRY_AFTER_MS = 1000
/** Versions that are settled at start, at a time. */
const RESUMED_AT_ONCE = 500

type Deps = Pick<LambdaDeps, 'functions' | 'blobs' | 'clock' | 'random'> & {
  readonly reportFault: (error: unknown) => void
}

/**
 * Brings versions that were created or updated to their end. What is due stands in the database, so that a
 * restart goes on with it; to settle a version twice does nothing.
 */
export class Transitions {
  readonly #deps: Deps
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  readonly #running = new Set<Promise<void>>()
  #stopped = false

  constructor(deps: Deps) {
    this.#deps = deps
    this.#clock = deps.clock
  }

  /** Goes on with what an earlier process left, code of uploads that were cut short included. */
  async start(): Promise<void> {
    const { functions, clock } = this.#deps
    for (;;) {
      const left = await functions.unsettled(RESUMED_AT_ONCE)
      for (const position of left) await this.#settle(position)
      if (left.length < RESUMED_AT_ONCE) break
    }
    for (const { id, sha256 } of await functions.expiredPins(clock.now(), RESUMED_AT_ONCE)) {
      await functions.unpinCode(id)
      await collectCode(this.#deps, [sha256])
    }
  }

  settle(position: VersionPosition): void {
    this.#after(SETTLES_AFTER_MS, position)
  }

  /** What is under way ends; what is only due is left to the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    await Promise.all(this.#running)
  }

  #after(ms: number, position: VersionPosition): void {
    if (this.#stopped) return
    const timer = this.#clock.after(ms, () => {
      this.#timers.delete(timer)
      const run = this.#attempt(position).finally(() => this.#running.delete(run))
      this.#running.add(run)
    })
    this.#timers.add(timer)
  }

  async #attempt(position: VersionPosition): Promise<void> {
    try {
      await this.#settle(position)
    } catch (error) {
      this.#deps.reportFault(error)
      this.#after(RETRY_AFTER_MS, position)
    }
  }

  async #settle(position: VersionPosition): Promise<void> {
    const codes = await this.#deps.functions.change(keyOf(position), (fn) =>
      this.#settled(fn, position.version),
    )
    await collectCode(this.#deps, codes)
  }

  /** Returns the code that ran before. */
  async #settled(fn: FunctionEditor, wanted: string): Promise<string[]> {
    const { random } = this.#deps
    const before = await fn.version(wanted)
    if (before === undefined || !isUnsettled(before)) return []
    const after = settled(before, { revisionId: random.uuid(), revision: random.uuid() })
    await fn.saveVersion(after)
    await fn.retire(retiredBy(before, after))
    return before.running === undefined ? [] : [before.running.codeBlob]
  }
}

function keyOf({ accountId, region, name }: VersionPosition): FunctionKey {
  return { accountId, region, name }
}
