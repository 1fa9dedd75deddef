import type { Clock, Timer } from '../../base/clock.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { SnapshotOutcome } from '../../wire/worker.ts'
import { retiredBy } from './change.ts'
import { collectCode } from './code.ts'
import { type Failure, type FunctionKey, functionArn, type StoredVersion } from './function.ts'
import { isImageError } from './image/code.ts'
import { type PullDeps, withImage } from './image/pull.ts'
import { awaitsSnapshot, snapshotFailure } from './snap-start.ts'
import type { FunctionEditor, VersionPosition } from './store.ts'
import { failed, isUnpulled, isUnsettled, runningCodes, settled, toFunctionVersion } from './versions.ts'

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

/** Images that are pulled at a time: disks and lines are shared. */
const PULLS_MAX = 4
const PULL_RETRY_MS = 100

/** Inits for snapshots at a time: they compete with what runs. */
const SNAPSHOTS_MAX = 2

type Deps = PullDeps & {
  readonly takeSnapshot: (fn: FunctionVersion) => Promise<SnapshotOutcome>
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
  readonly #pulls = new Set<string>()
  readonly #snapshots = new Set<string>()
  readonly #stopping = new AbortController()
  readonly #aborted = new Promise<undefined>((resolve) => {
    this.#stopping.signal.addEventListener('abort', () => resolve(undefined))
  })
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
    this.#stopping.abort()
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
      let settled = 0
      for (const position of left) if (await this.#settleSoon(position)) settled++
      if (left.length < SWEPT_AT_ONCE || settled === 0) break
    }
    await collectCode(this.#deps, await functions.uncollectedCode(clock.now(), SWEPT_AT_ONCE))
  }

  /** Now, or where an image or a snapshot is to be made, while others go on. Returns whether it has been. */
  async #settleSoon(position: VersionPosition): Promise<boolean> {
    const unmade = await this.#unmade(position)
    if (unmade === undefined) await this.#settle(position)
    else this.settle(position)
    return unmade === undefined
  }

  async #settle(position: VersionPosition): Promise<void> {
    const unmade = await this.#unmade(position)
    if (unmade === undefined) await this.#finish(position, settled)
    else if (isUnpulled(unmade.code)) await this.#pullOnce(position, unmade)
    else await this.#snapshotOnce(position, unmade)
  }

  /** What takes time to be made: an image to be pulled, or a snapshot. */
  async #unmade(position: VersionPosition): Promise<StoredVersion | undefined> {
    const version = await this.#deps.functions.findVersion(keyOf(position), position.version)
    if (version === undefined || !isUnsettled(version)) return undefined
    return isUnpulled(version.code) || awaitsSnapshot(version) ? version : undefined
  }

  /** As with images: once at a time, and a sweep may come upon it meanwhile. */
  async #snapshotOnce(position: VersionPosition, version: StoredVersion): Promise<void> {
    const key = functionArn(version, version.version)
    if (this.#snapshots.has(key)) return
    if (this.#snapshots.size >= SNAPSHOTS_MAX) {
      this.#after(PULL_RETRY_MS, () => this.#attempt(position))
      return
    }
    this.#snapshots.add(key)
    try {
      await this.#takeSnapshot(position, version)
    } finally {
      this.#snapshots.delete(key)
    }
  }

  /** The snapshot is that of what will run, by the revision that it then has. */
  async #takeSnapshot(position: VersionPosition, version: StoredVersion): Promise<void> {
    const revision = this.#deps.random.uuid()
    const outcome = await Promise.race([
      this.#deps.takeSnapshot(toFunctionVersion(version, revision)),
      this.#aborted,
    ])
    // The next start takes another.
    if (outcome === undefined) return
    await this.#finish(position, (now, { revisionId }) =>
      outcome.kind === 'failed'
        ? failed(now, revisionId, snapshotFailure(outcome))
        : settled({ ...now, snapshot: outcome.kind }, { revisionId, revision }),
    )
  }

  /** A version is pulled once at a time; a sweep may come upon it meanwhile. */
  async #pullOnce(position: VersionPosition, version: StoredVersion): Promise<void> {
    const { sha256 } = version.code
    if (this.#pulls.has(sha256 + version.version)) return
    if (this.#pulls.size >= PULLS_MAX) {
      this.#after(PULL_RETRY_MS, () => this.#attempt(position))
      return
    }
    this.#pulls.add(sha256 + version.version)
    try {
      await this.#pull(position, version)
    } finally {
      this.#pulls.delete(sha256 + version.version)
    }
  }

  async #pull(position: VersionPosition, { code: named, configuration }: StoredVersion): Promise<void> {
    const { signal } = this.#stopping
    const wanted = { uri: named.image?.uri ?? '', architecture: configuration.architecture, signal }
    const isSame = (version: StoredVersion) => version.code.sha256 === named.sha256
    try {
      await withImage(this.#deps, wanted, (code) =>
        this.#finish(position, (version, step) =>
          isSame(version) ? settled({ ...version, code }, step) : undefined,
        ),
      )
    } catch (error) {
      if (signal.aborted) return
      const failure = failureOf(error)
      if (!isImageError(error)) this.#deps.reportFault(error)
      await this.#finish(position, (version, { revisionId }) =>
        isSame(version) ? failed(version, revisionId, failure) : undefined,
      )
    }
  }

  async #finish(position: VersionPosition, step: FinalStep): Promise<void> {
    const codes = await this.#deps.functions.change(keyOf(position), (fn) =>
      this.#settled(fn, position.version, step),
    )
    await collectCode(this.#deps, codes)
  }

  /** Returns the code that ran before and runs no more. */
  async #settled(fn: FunctionEditor, wanted: string, step: FinalStep): Promise<string[]> {
    const { random } = this.#deps
    const before = await fn.version(wanted)
    if (before === undefined || !isUnsettled(before)) return []
    const after = step(before, { revisionId: random.uuid(), revision: random.uuid() })
    if (after === undefined) return []
    await fn.saveVersion(after)
    await fn.retire(retiredBy(before, after))
    const still = new Set(runningCodes(after))
    const codes = runningCodes(before).filter((sha256) => !still.has(sha256))
    await fn.discardCode(codes)
    return codes
  }
}

function keyOf({ accountId, region, name }: VersionPosition): FunctionKey {
  return { accountId, region, name }
}

/** What an unsettled version becomes; undefined where it is not the one that was meant any more. */
type FinalStep = (
  version: StoredVersion,
  step: { readonly revisionId: string; readonly revision: string },
) => StoredVersion | undefined

function failureOf(error: unknown): Failure {
  if (isImageError(error)) return { code: error.fault, reason: error.message }
  return { code: 'InternalError', reason: 'The image could not be kept: lambdad’s log says why.' }
}
