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
/** How long what a node left that died may wait for the others. */
const SWEEP_MS = 60_000
/** Versions, and packages, that are read at a time. */
const SWEPT_AT_ONCE = 500

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

  /** Goes on with what an earlier process left, and from then on with what other nodes leave. */
  async start(): Promise<void> {
    await this.#sweep()
    this.#after(SWEEP_MS, () => this.#sweepAgain())
  }

  settle(position: VersionPosition): void {
    this.#after(SETTLES_AFTER_MS, () => this.#attempt(position))
  }

  /** What is under way ends; what is only due is left to the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    await Promise.all(this.#running)
  }

  #after(ms: number, work: () => Promise<void>): void {
    if (this.#stopped) return
    const timer = this.#clock.after(ms, () => {
      this.#timers.delete(timer)
      const run = work().finally(() => this.#running.delete(run))
      this.#running.add(run)
    })
    this.#timers.add(timer.unref())
  }

  async #attempt(position: VersionPosition): Promise<void> {
    try {
      await this.#settle(position)
    } catch (error) {
      this.#deps.reportFault(error)
      this.#after(RETRY_AFTER_MS, () => this.#attempt(position))
    }
  }

  async #sweepAgain(): Promise<void> {
    try {
      await this.#sweep()
    } catch (error) {
      this.#deps.reportFault(error)
    }
    this.#after(SWEEP_MS, () => this.#sweepAgain())
  }

  async #sweep(): Promise<void> {
    const { functions, clock } = this.#deps
    for (;;) {
      const left = await functions.unsettled(SWEPT_AT_ONCE)
      for (const position of left) await this.#settle(position)
      if (left.length < SWEPT_AT_ONCE) break
    }
    await collectCode(this.#deps, await functions.uncollectedCode(clock.now(), SWEPT_AT_ONCE))
  }

  async #settle(position: VersionPosition): Promise<void> {
    const codes = await this.#deps.functions.change(keyOf(position), (fn) =>
      this.#settled(fn, position.version),
    )
    await collectCode(this.#deps, codes)
  }

  /** Returns the code that ran before and runs no more. */
  async #settled(fn: FunctionEditor, wanted: string): Promise<string[]> {
    const { random } = this.#deps
    const before = await fn.version(wanted)
    if (before === undefined || !isUnsettled(before)) return []
    const after = settled(before, { revisionId: random.uuid(), revision: random.uuid() })
    await fn.saveVersion(after)
    await fn.retire(retiredBy(before, after))
    const codeBefore = before.running?.codeBlob
    const codes = codeBefore === undefined || codeBefore === after.code.sha256 ? [] : [codeBefore]
    await fn.discardCode(codes)
    return codes
  }
}

function keyOf({ accountId, region, name }: VersionPosition): FunctionKey {
  return { accountId, region, name }
}
