import { accessSync, constants } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Clock, realClock } from '../../base/clock.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import { findRuntimeIdentifier, RUNTIMES, type RuntimeFamily } from '../../wire/runtimes.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { chooseInstalled, compareVersions } from './choose.ts'
import type { Family } from './family.ts'
import type { Installed, Places, RuntimeSource, Version } from './installed.ts'
import { nodejs } from './nodejs.ts'
import { fetchedNodes, fetchNode, nodePackage } from './npm.ts'
import { providedRuntime } from './provided.ts'
import { python } from './python.ts'
import { type Run, runWith } from './run.ts'

export interface FoundRuntime {
  readonly kind: 'found'
  readonly runtime: string
  /** Absolute, without symbolic links; empty for `provided`, whose program the function brings. */
  readonly binary: string
  /** `3.12.1`. */
  readonly version: string
  /** False where it is another minor version than the runtime promises. */
  readonly exact: boolean
  /** The folder of the installation; empty for `provided`. */
  readonly prefix: string
  readonly source: RuntimeSource | 'function'
  /** `python:3.12.v1`, for INIT_START. */
  readonly runtimeVersion: string
  /** How to start a function on it, in paths as they are inside a sandbox. */
  readonly plan: (fn: Pick<FunctionVersion, 'memoryMb'>) => LaunchPlan
}

export interface MissingRuntime {
  readonly kind: 'missing'
  readonly runtime: string
  /** Which binary is missing, and how to get it. */
  readonly message: string
}

export interface RuntimeFinder {
  /** May fetch from npm, which takes seconds, where the setting allows it and nothing else is exact. */
  find(runtime: string): Promise<FoundRuntime | MissingRuntime>
  /** Every runtime that lambdad supports, as it is on this machine now. Fetches nothing. */
  list(): Promise<(FoundRuntime | MissingRuntime)[]>
}

export interface FinderOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Where Node versions from npm go; left out, none are fetched. */
  readonly downloads?: string
  readonly run?: Run
  readonly clock?: Clock
  /** Hears, in a sentence, when another minor version serves, when one is fetched, and when that fails. */
  readonly report?: (message: string) => void
  /** The folder of the bootstraps; lambdad's own. */
  readonly bootstraps?: string
  readonly systemFolders?: readonly string[]
  readonly platform?: string
  readonly architecture?: string
}

const FAMILIES: Readonly<Partial<Record<RuntimeFamily, Family>>> = { nodejs, python }

const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin', '/opt/local/bin']
const BOOTSTRAPS = fileURLToPath(new URL('../../../runtimes', import.meta.url))

/** A substitute is looked at again after this: somebody may have installed the right version since. */
const SUBSTITUTE_MS = 30_000
/** A registry that could not be reached is left alone for this long. */
const FETCH_AGAIN_MS = 300_000
const VERSION_TIMEOUT_MS = 5_000

/** Finds the interpreters of managed runtimes on this machine. */
export function createRuntimeFinder(options: FinderOptions): RuntimeFinder {
  return new Finder(options)
}

class Finder implements RuntimeFinder {
  readonly #options: FinderOptions
  readonly #places: Places
  readonly #run: Run
  readonly #clock: Clock
  readonly #bootstraps: string
  readonly #package: string | undefined
  readonly #report: (message: string) => void
  /** Bounded by the list of runtimes. */
  readonly #found = new Map<string, { runtime: FoundRuntime; until: number }>()
  readonly #searches = new Map<string, Promise<FoundRuntime | MissingRuntime>>()
  /** What was reported already. */
  readonly #substitutes = new Map<string, string>()
  readonly #fetchFailures = new Map<number, { text: string; until: number }>()
  /** Of binaries whose place does not tell; bounded by the interpreters of the machine. */
  readonly #versions = new Map<string, Promise<Version>>()

  constructor(options: FinderOptions) {
    this.#options = options
    const { env, home, systemFolders = SYSTEM_FOLDERS } = options
    this.#places = { env, home, systemFolders }
    this.#run = options.run ?? runWith(env)
    this.#clock = options.clock ?? realClock
    this.#report = options.report ?? (() => {})
    this.#bootstraps = options.bootstraps ?? BOOTSTRAPS
    this.#package = nodePackage(options.platform ?? process.platform, options.architecture ?? process.arch)
  }

  async find(runtime: string): Promise<FoundRuntime | MissingRuntime> {
    const known = this.#found.get(runtime)
    if (known !== undefined && known.until > this.#clock.elapsed() && isThere(known.runtime))
      return known.runtime
    this.#found.delete(runtime)

    // Several environments of one function start at the same time: one search, and one download, serves them.
    let search = this.#searches.get(runtime)
    if (search === undefined) {
      search = this.#search(runtime, true).finally(() => this.#searches.delete(runtime))
      this.#searches.set(runtime, search)
    }
    return search
  }

  list(): Promise<(FoundRuntime | MissingRuntime)[]> {
    const supported = RUNTIMES.filter(({ support }) => support === 'supported')
    return Promise.all(supported.map(({ name }) => this.#search(name, false)))
  }

  async #search(runtime: string, mayFetch: boolean): Promise<FoundRuntime | MissingRuntime> {
    const refusal = refusalOf(runtime)
    if (refusal !== undefined) return { kind: 'missing', runtime, message: refusal }
    if (runtime.startsWith('provided')) return providedRuntime(runtime)

    const family = familyOf(runtime)
    const line = family.line(runtime)
    let choice = chooseInstalled(await this.#installed(family, line), line)
    let fetchFailure: string | undefined
    if (mayFetch && family === nodejs && !choice?.exact) {
      fetchFailure = await this.#fetch(line[0] as number)
      choice = chooseInstalled(await this.#installed(family, line), line)
    }
    if (choice === undefined) return this.#missing(runtime, family, fetchFailure)

    const found = this.#describe(runtime, family, choice)
    if (mayFetch) await this.#keep(found, family)
    return found
  }

  /** Asks a binary for its version only where no folder's name tells of one that would do. */
  async #installed(family: Family, line: Version): Promise<Installed[]> {
    const all = family.installed(this.#places)
    if (family === nodejs && this.#options.downloads !== undefined && this.#package !== undefined) {
      all.push(...fetchedNodes(this.#options.downloads, this.#package))
    }
    const told = all.filter(({ version }) => version.length === 3)
    const usable = (one: Installed) => compareVersions(one.version, family.oldest) >= 0
    if (chooseInstalled(told, line)?.exact) return told.filter(usable)
    const asked = await Promise.all(all.map((one) => (one.version.length === 3 ? one : this.#ask(one))))
    return asked.filter((one) => one.version.length === 3 && usable(one))
  }

  async #ask(installed: Installed): Promise<Installed> {
    const { binary } = installed
    let version = this.#versions.get(binary)
    if (version === undefined) {
      version = this.#run(binary, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS }).then(({ stdout }) =>
        (/(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1) ?? []).map(Number),
      )
      this.#versions.set(binary, version)
    }
    return { ...installed, version: await version }
  }

  /** What went wrong, or nothing. */
  async #fetch(major: number): Promise<string | undefined> {
    const { downloads } = this.#options
    if (downloads === undefined) return undefined
    if (this.#package === undefined) return 'npm has no Node.js for this kind of machine'
    const failed = this.#fetchFailures.get(major)
    if (failed !== undefined && failed.until > this.#clock.elapsed()) return failed.text

    this.#report(`fetching Node.js ${major} from the npm registry`)
    const text = await fetchNode(this.#run, { downloads, packageName: this.#package, major })
    if (text === undefined) {
      this.#fetchFailures.delete(major)
      return undefined
    }
    this.#report(`fetching Node.js ${major} from the npm registry failed: ${text}`)
    this.#fetchFailures.set(major, { text, until: this.#clock.elapsed() + FETCH_AGAIN_MS })
    return text
  }

  #describe(
    runtime: string,
    family: Family,
    { chosen, exact }: { chosen: Installed; exact: boolean },
  ): FoundRuntime {
    const { binary, prefix, source } = chosen
    const known = { runtime, binary, prefix, version: chosen.version.join('.') }
    const plan: FoundRuntime['plan'] = (fn) => family.plan(known, this.#bootstraps, fn)
    const runtimeVersion = plan({ memoryMb: 128 }).runtimeVersion as string
    return { kind: 'found', ...known, exact, source, runtimeVersion, plan }
  }

  async #keep(found: FoundRuntime, family: Family): Promise<void> {
    if (!found.exact && this.#substitutes.get(found.runtime) !== found.binary) {
      this.#substitutes.set(found.runtime, found.binary)
      this.#report(`${found.runtime} is served by version ${found.version}, ${found.binary}`)
    }
    await family.prepare?.(found, this.#bootstraps, this.#run)
    const until = found.exact ? Number.POSITIVE_INFINITY : this.#clock.elapsed() + SUBSTITUTE_MS
    this.#found.set(found.runtime, { runtime: found, until })
  }

  #missing(runtime: string, family: Family, fetchFailure: string | undefined): MissingRuntime {
    const line = family.line(runtime)
    const fetched =
      fetchFailure === undefined ? '' : ` Fetching it from the npm registry failed: ${fetchFailure}.`
    return {
      kind: 'missing',
      runtime,
      message: `${runtime} needs ${family.title(line)}, which is not on this machine: ${family.advice(line)} and invoke the function again.${fetched}`,
    }
  }
}

function familyOf(runtime: string): Family {
  const family = FAMILIES[findRuntimeIdentifier(runtime)?.family ?? 'go']
  if (family === undefined) throw new Error(`${runtime} is listed as supported, and has no family`)
  return family
}

/** Why no binary helps. */
function refusalOf(runtime: string): string | undefined {
  const identifier = findRuntimeIdentifier(runtime)
  if (identifier === undefined) return `there is no runtime ${runtime}`
  if (identifier.support === 'later') return `lambdad does not run ${runtime} yet`
  if (identifier.support === 'retired') return `lambdad does not run ${runtime}, which AWS has retired`
  return undefined
}

function isThere({ binary }: FoundRuntime): boolean {
  if (binary === '') return true
  try {
    accessSync(binary, constants.X_OK)
    return true
  } catch {
    return false
  }
}
