import type { FunctionVersion } from '../../wire/function-version.ts'
import type { SnapshotOutcome } from '../../wire/worker.ts'
import { CannotStart } from '../environment/runtime.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { ForkHelper } from './fork-helper.ts'
import { NotForkable, SnapshotFailed, Template, type TemplateParts } from './template.ts'

/** Each keeps the memory of a runtime. The longest unused one without environments gives way. */
const TEMPLATES_MAX = 64

/** One that nothing was started from for so long goes; the next start makes it anew. */
const IDLE_MS = 3_600_000

interface Entry {
  template: Promise<Template | undefined>
  made: Template | undefined
  /** By `Clock.elapsed`. */
  usedAt: number
}

export interface SnapshotsParts extends Omit<TemplateParts, 'helper'> {
  readonly planOf: (fn: FunctionVersion) => Promise<LaunchPlan>
  readonly logStreamOf: (fn: FunctionVersion) => string
}

/**
 * The snapshots of SnapStart on this machine: an initialised runtime for each version that has one, which its
 * environments are forks of. They live as long as the daemon; what is not there when an environment is wanted is made
 * then.
 */
export class Snapshots {
  readonly #parts: SnapshotsParts
  /** By revision, in the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  readonly #leaving = new Set<Promise<void>>()
  #helper: ForkHelper | undefined
  #stopped = false

  constructor(parts: SnapshotsParts) {
    this.#parts = parts
  }

  /** Makes a version's snapshot. */
  async take(fn: FunctionVersion): Promise<SnapshotOutcome> {
    try {
      const template = await this.of(fn)
      return template === undefined ? { kind: 'unsupported' } : { kind: 'taken' }
    } catch (error) {
      if (error instanceof SnapshotFailed) {
        return { kind: 'failed', errorType: error.errorType, message: error.message }
      }
      if (error instanceof CannotStart) return { kind: 'failed', errorType: '', message: error.message }
      throw error
    }
  }

  /**
   * What to fork from: made now where there is none. Undefined where this machine, or this function, does not allow
   * it. Throws `SnapshotFailed` and `CannotStart`.
   */
  async of(fn: FunctionVersion): Promise<Template | undefined> {
    const { clock } = this.#parts
    const known = this.#entries.get(fn.revision)
    const entry =
      known === undefined || known.made?.lost === true
        ? { template: this.#make(fn), made: undefined, usedAt: clock.elapsed() }
        : known
    entry.usedAt = clock.elapsed()
    this.#entries.delete(fn.revision)
    this.#entries.set(fn.revision, entry)
    try {
      entry.made = await entry.template
      return entry.made
    } catch (error) {
      if (this.#entries.get(fn.revision) === entry) this.#entries.delete(fn.revision)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#stopped = true
    for (const { made } of this.#entries.values()) made?.kill()
    await Promise.allSettled(
      [...this.#entries.values()].map(async ({ template }) => (await template)?.kill()),
    )
    await Promise.all(this.#leaving)
    this.#helper?.stop()
  }

  async #make(fn: FunctionVersion): Promise<Template | undefined> {
    const { host, planOf, logStreamOf } = this.#parts
    const { argv, canFork } = await planOf(fn)
    const { name, ownUsers } = host.sandbox
    if (canFork !== true || name !== 'bubblewrap' || !ownUsers || this.#stopped || !this.#makeRoom())
      return undefined
    try {
      const parts = { ...this.#parts, helper: this.#runningHelper(argv[0] as string) }
      const template = await Template.init(parts, fn, logStreamOf(fn))
      const leaves = template.gone.then(() => {
        this.#leaving.delete(leaves)
      })
      this.#leaving.add(leaves)
      this.#dropWhenIdle(fn.revision, template)
      return template
    } catch (error) {
      if (error instanceof NotForkable) return undefined
      throw error
    }
  }

  #runningHelper(python: string): ForkHelper {
    if (this.#helper?.works !== true) {
      this.#helper = new ForkHelper(python, this.#parts.host.report)
      // What the one before had set up cannot be ended by this one.
      for (const { made } of this.#entries.values()) made?.kill()
    }
    return this.#helper
  }

  #makeRoom(): boolean {
    if (this.#entries.size < TEMPLATES_MAX) return true
    for (const [revision, { made }] of this.#entries) {
      if (made === undefined || made.forks > 0) continue
      made.kill()
      this.#entries.delete(revision)
      return true
    }
    return false
  }

  #dropWhenIdle(revision: string, template: Template): void {
    const { clock } = this.#parts
    clock
      .after(IDLE_MS, () => {
        const entry = this.#entries.get(revision)
        if (template.lost || entry === undefined) return
        if (template.forks > 0 || clock.elapsed() - entry.usedAt < IDLE_MS) {
          this.#dropWhenIdle(revision, template)
          return
        }
        this.#entries.delete(revision)
        template.kill()
      })
      .unref()
  }
}
