import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import path from 'node:path'
import type { Clock, Timer } from '../../base/clock.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { CodeCache, UnpackedCode } from '../code/code-cache.ts'
import type { LaunchPlan } from '../launch-plan.ts'

/** Changes with what a pass makes and how bootstraps read it: what older ones made is not looked at any more. */
const FORMAT = 1

/** Versions that wait for their pass. Another one is not noted: its next cold start wishes again. */
const WAITING_MAX = 64

/** Of which it is known that there is nothing to be had: of those the longest known is forgotten. */
const FRUITLESS_MAX = 1024

/** A machine that never rests would compile at every cold start for ever: then a pass gets what it can. */
const PATIENCE_MS = 60_000

/** Where no pass works on this machine, each says the same: each thing is said once, and of many of them no more. */
const SAID_MAX = 16

/** A version's files, and how its runtime compiles them. */
export interface CompiledVersion {
  readonly fn: FunctionVersion
  readonly plan: LaunchPlan
  readonly code: UnpackedCode
  readonly opt: UnpackedCode | undefined
}

/** What a pass works on. */
export interface PassJob {
  readonly key: string
  readonly fn: FunctionVersion
  readonly plan: LaunchPlan
}

export interface CompiledCodeParts {
  readonly clock: Clock
  /** Next to the packages, in one bound with them: the longest unused of either goes first. */
  readonly cache: CodeCache
  /** Compiles in a sandbox. Returns the size of what is in the folder then, 0 where it is not worth it. */
  readonly pass: (job: PassJob, folder: string, signal: AbortSignal) => Promise<number>
  readonly isSaturated: () => boolean
  readonly settings: { readonly compilesAhead: boolean; readonly compileAfterMs: number }
  readonly report: (error: unknown) => void
}

/**
 * What compilers made of versions' modules, so that a cold start need not compile them again: made once for each
 * version, after its first cold start, one at a time and while the machine has time to spare. It is made by a pass of
 * its own that runs nothing of the function's (pass.ts), never by an environment: what an invocation did cannot be
 * in it. Environments have it read-only; where it is absent, damaged or of no use, they compile as ever.
 */
export class CompiledCode {
  readonly #parts: CompiledCodeParts
  readonly #waiting = new Map<string, PassJob & { readonly since: number }>()
  readonly #fruitless = new Set<string>()
  readonly #said = new Set<string>()
  readonly #closing = new AbortController()
  #timer: Timer | undefined
  #running: Promise<void> | undefined

  constructor(parts: CompiledCodeParts) {
    this.#parts = parts
  }

  /** What there is of a version, to be released with its environment. Where there is nothing, it is made later. */
  async take(version: CompiledVersion): Promise<UnpackedCode | undefined> {
    const { cache, settings } = this.#parts
    if (!settings.compilesAhead || version.plan.compiler === undefined) return undefined
    const key = keyOf(version)
    if (key === undefined || this.#fruitless.has(key)) return undefined
    const made = await cache.takeKept(key)
    if (made === undefined) this.#wish({ key, fn: version.fn, plan: version.plan })
    return made
  }

  /** Begins no more, and ends the pass that runs. Resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#waiting.clear()
    this.#timer?.cancel()
    await this.#running
  }

  #wish(job: PassJob): void {
    if (this.#closing.signal.aborted || this.#waiting.size >= WAITING_MAX) return
    if (this.#waiting.has(job.key)) return
    this.#waiting.set(job.key, { ...job, since: this.#parts.clock.elapsed() })
    // Looking takes a while, and this is a start: what it says next is of the time from its last look on.
    if (this.#waiting.size === 1) this.#parts.isSaturated()
    this.#later()
  }

  #later(): void {
    if (this.#timer !== undefined || this.#running !== undefined || this.#waiting.size === 0) return
    this.#timer = this.#parts.clock
      .after(this.#parts.settings.compileAfterMs, () => {
        this.#timer = undefined
        const [job] = this.#waiting.values()
        if (job !== undefined && this.#isTime(job.since)) this.#begin(job)
        this.#later()
      })
      .unref()
  }

  #isTime(since: number): boolean {
    return !this.#parts.isSaturated() || this.#parts.clock.elapsed() - since >= PATIENCE_MS
  }

  #begin(job: PassJob): void {
    this.#running = this.#make(job)
      .catch((error) => {
        this.#noFruit(job.key)
        if (!this.#closing.signal.aborted) this.#say(error)
      })
      .finally(() => {
        // Known in the cache, or as fruitless, before it is not waited for any more.
        this.#waiting.delete(job.key)
        this.#running = undefined
        if (!this.#closing.signal.aborted) this.#later()
      })
  }

  async #make(job: PassJob): Promise<void> {
    const { cache, pass } = this.#parts
    const made = await cache.make(job.key, (folder) => pass(job, folder, this.#closing.signal))
    if (!made) this.#noFruit(job.key)
  }

  #say(error: unknown): void {
    const text = String(error)
    if (this.#said.has(text) || this.#said.size === SAID_MAX) return
    this.#said.add(text)
    this.#parts.report(error)
  }

  #noFruit(key: string): void {
    this.#fruitless.add(key)
    const [oldest] = this.#fruitless
    if (this.#fruitless.size > FRUITLESS_MAX && oldest !== undefined) this.#fruitless.delete(oldest)
  }
}

/** What `--opt` gives besides may change at any time: of that nothing is compiled ahead. */
export function hasLayers({ layers = [] }: FunctionVersion): boolean {
  return layers.length > 0
}

/**
 * All that the result depends on: the code and layers, by their hashes; the interpreter, by its file; where the files
 * are inside. So nothing ever has to be declared out of date.
 */
function keyOf({ fn, plan, code, opt }: CompiledVersion): string | undefined {
  const { compiler } = plan
  if (compiler === undefined) return undefined
  // At once: on a busy machine a start would wait longer for a thread of the pool than this takes.
  const interpreter = statSync(compiler.binary, { throwIfNoEntry: false })
  if (interpreter === undefined) return undefined
  const { size, mtimeMs } = interpreter
  const layers = hasLayers(fn) && opt !== undefined ? path.basename(opt.folder) : ''
  const parts = [FORMAT, process.arch, compiler.argv, size, mtimeMs, fn.codeBlob, layers, code.folder]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
