import { accessSync, constants } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Clock, realClock } from '../../base/clock.ts'
import { findRuntimeIdentifier, RUNTIMES, type RuntimeFamily } from '../../wire/runtimes.ts'
import { chooseInstalled, compareVersions, isOfLine } from './choose.ts'
import { dotnet } from './dotnet.ts'
import type { Family } from './family.ts'
import type { FoundRuntime, MissingRuntime } from './found.ts'
import type { Installed, Places, Version } from './installed.ts'
import { java } from './java.ts'
import { nodejs } from './nodejs.ts'
import { NodeDownloads, nodePackage } from './npm.ts'
import { providedRuntime } from './provided.ts'
import { python } from './python.ts'
import { ruby } from './ruby.ts'
import { type Run, runWith } from './run.ts'
import { wrapped } from './wrapper.ts'

export type { FoundRuntime, MissingRuntime } from './found.ts'

export interface RuntimeFinder {
  /** May fetch from npm, which takes seconds, where the setting allows it and nothing else is exact. */
  find(runtime: string, version?: string): Promise<FoundRuntime | MissingRuntime>
  /** The versions of a runtime's interpreter on this machine, `3.12.1`, the newest first. Fetches nothing. */
  versions(runtime: string): Promise<string[]>
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

const FAMILIES: Readonly<Partial<Record<RuntimeFamily, Family>>> = { nodejs, python, ruby, java, dotnet }

const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin', '/opt/local/bin']
const BOOTSTRAPS = fileURLToPath(new URL('../../../runtimes', import.meta.url))

/** A substitute is looked at again after this: somebody may have installed the right version since. */
const SUBSTITUTE_MS = 30_000
const VERSION_TIMEOUT_MS = 5_000

/** Finds the interpreters of managed runtimes on this machine. */
export function createRuntimeFinder(options: FinderOptions): RuntimeFinder {
  return new Finder(options)
}

class Finder implements RuntimeFinder {
  readonly #places: Places
  readonly #run: Run
  readonly #clock: Clock
  readonly #bootstraps: string
  readonly #downloads: NodeDownloads | undefined
  readonly #report: (message: string) => void
  /** Bounded by the list of runtimes, and the interpreters of the machine. */
  readonly #found = new Map<string, { runtime: FoundRuntime; until: number }>()
  readonly #searches = new Map<string, Promise<FoundRuntime | MissingRuntime>>()
  /** What was reported already. */
  readonly #substitutes = new Map<string, string>()
  /** Of binaries whose place does not tell; bounded by the interpreters of the machine. */
  readonly #versions = new Map<string, Promise<Version>>()

  constructor(options: FinderOptions) {
    const { env, home, systemFolders = SYSTEM_FOLDERS } = options
    this.#places = { env, home, systemFolders }
    this.#run = options.run ?? runWith(env)
    this.#clock = options.clock ?? realClock
    this.#report = options.report ?? (() => {})
    this.#bootstraps = options.bootstraps ?? BOOTSTRAPS
    const packageName = nodePackage(
      options.platform ?? process.platform,
      options.architecture ?? process.arch,
    )
    if (options.downloads !== undefined && packageName !== undefined) {
      const parts = { clock: this.#clock, run: this.#run, report: this.#report }
      this.#downloads = new NodeDownloads(parts, options.downloads, packageName)
    }
  }

  async find(runtime: string, version?: string): Promise<FoundRuntime | MissingRuntime> {
    if (version !== undefined) return this.#findVersion(runtime, version)
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

  async versions(runtime: string): Promise<string[]> {
    if (refusalOf(runtime) !== undefined || runtime.startsWith('provided')) return []
    const found = await this.#ofLine(runtime)
    return [...new Set(found.map(({ version }) => version.join('.')))]
  }

  async #findVersion(runtime: string, version: string): Promise<FoundRuntime | MissingRuntime> {
    const key = `${runtime} ${version}`
    const known = this.#found.get(key)
    if (known !== undefined && isThere(known.runtime)) return known.runtime
    this.#found.delete(key)
    const chosen = (await this.#ofLine(runtime)).find((one) => one.version.join('.') === version)
    if (chosen === undefined) {
      const message = `the function is set to version ${version} of ${runtime}, which is not on this machine`
      return { kind: 'missing', runtime, message }
    }
    const family = familyOf(runtime)
    const found = this.#describe(runtime, family, { chosen, exact: true })
    await family.prepare?.(found, this.#bootstraps, this.#run)
    this.#found.set(key, { runtime: found, until: Number.POSITIVE_INFINITY })
    return found
  }

  /** Every interpreter that is just what the runtime promises, the newest first. */
  async #ofLine(runtime: string): Promise<Installed[]> {
    const family = familyOf(runtime)
    const line = family.line(runtime)
    const all = family.installed(this.#places)
    if (family === nodejs && this.#downloads !== undefined) all.push(...this.#downloads.fetched())
    const asked = await Promise.all(all.map((one) => (one.version.length === 3 ? one : this.#ask(one))))
    return asked
      .filter(({ version }) => version.length === 3 && isOfLine(version, line))
      .sort((a, b) => compareVersions(b.version, a.version))
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
      fetchFailure = await this.#downloads?.fetch(line[0] as number)
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
    if (family === nodejs && this.#downloads !== undefined) all.push(...this.#downloads.fetched())
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
    const told = await version
    if (told.length === 0) this.#versions.delete(binary) // it did not run, or took too long: perhaps not always
    return { ...installed, version: told }
  }

  #describe(
    runtime: string,
    family: Family,
    { chosen, exact }: { chosen: Installed; exact: boolean },
  ): FoundRuntime {
    const { binary, prefix, source } = chosen
    const known = { runtime, binary, prefix, version: chosen.version.join('.') }
    const plan: FoundRuntime['plan'] = (fn) => wrapped(family.plan(known, this.#bootstraps, fn), fn)
    const runtimeVersion = plan({ memoryMb: 128, variables: {} }).runtimeVersion as string
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
