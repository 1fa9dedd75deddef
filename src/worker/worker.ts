import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { FunctionVersion } from '../wire/function-version.ts'
import type {
  EnvironmentListener,
  EnvironmentSource,
  HostMemory,
  SnapshotOutcome,
  Snapshotter,
  StartOptions,
  TelemetrySink,
  Worker,
} from '../wire/worker.ts'
import { CodeCache } from './code/code-cache.ts'
import { CompiledCode } from './compiled/compiled-code.ts'
import { Environment } from './environment/environment.ts'
import { serviceFailure } from './environment/payloads.ts'
import { CannotStart, type Runtime, type StartRuntime } from './environment/runtime.ts'
import type { Credentials } from './environment/variables.ts'
import { chooseFreezer } from './freeze/choose.ts'
import { initLimitMs } from './init-limit.ts'
import { isolationOf, type WorkerIsolation } from './isolation.ts'
import { Kept } from './kept.ts'
import type { RuntimeFinder } from './launch-plan.ts'
import { Launcher } from './launcher/launcher.ts'
import { chooseLimiter } from './limits/choose.ts'
import { groupName } from './limits/group-name.ts'
import { ManagedEnvironment } from './managed/managed-environment.ts'
import { chooseNetwork, NoNetwork } from './network/choose.ts'
import { type Network, type NetworkChoice, sharedNetwork } from './network/network.ts'
import { Fifos } from './output/fifos.ts'
import { Pools } from './pool/pools.ts'
import { endGroupsLeftBehind, endLeftovers, makeOwnFolder, noteGroups, runFolderOf } from './run-folder.ts'
import { chooseSandbox, type SandboxChoice } from './sandbox/choose.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import { WORKER_DEFAULTS, type WorkerSettings } from './settings.ts'
import { Snapshots } from './snapshot/snapshots.ts'
import { planOf, type StarterParts, startRuntime } from './starter.ts'
import { Users } from './users.ts'
import { WalledLauncher } from './walls/launcher.ts'

export interface WorkerParts {
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: TelemetrySink
  /** The path of a function's deployment package. */
  readonly codeOf: (fn: FunctionVersion) => Promise<string>
  /** What functions find at /opt below their layers; its `extensions/` are started, as theirs are. */
  readonly optOf?: (fn: FunctionVersion) => Promise<string | undefined>
  /** The path of a layer, of an image or of a function. */
  readonly layerOf?: (sha256: string) => Promise<string>
  /** A folder in which each access point has one: `<account>/<region>/fsap-…`. Absent: functions cannot have any. */
  readonly fileSystems?: string | undefined
  readonly runtimes: RuntimeFinder
  readonly credentialsOf: (fn: FunctionVersion) => Credentials | Promise<Credentials>
  /** Where functions reach lambdad's APIs: `http://127.0.0.1:4566`. Asked at each start. */
  readonly endpoint: () => string
  /** `run/` and `cache/code/` in it are the worker's. */
  readonly folder: string
  readonly sandbox?: SandboxChoice
  readonly network?: NetworkChoice
  /** Takes a connection to lambdad's endpoint that comes from an environment's own network. */
  readonly toEndpoint?: (socket: Socket) => void
  readonly settings?: Partial<WorkerSettings>
  /** Whether all that runs waits for the processors: what can wait is not begun then. Never, where it is not given. */
  readonly isSaturated?: () => boolean
  /** Hears of what went wrong and is nobody's answer. */
  readonly report: (error: unknown) => void
}

/** Runs environments on this machine, as children of this process. */
export interface LocalWorker extends Worker, Snapshotter {
  /** Ends what a daemon that died left running, and tries out the sandbox. Some 20 ms. */
  start(): Promise<void>
  /**
   * To be called once lambdad listens: makes ahead what environments will need. Resolves when sandboxes are made by
   * what makes them fastest; nobody has to wait for it.
   */
  prepare(): Promise<void>
  /** Ends all environments. Resolves when nothing of them is left. */
  stop(): Promise<void>
  /** What is isolated and limited, and what is not. Known once it has started. */
  isolation(): WorkerIsolation
  /** How many runtimes wait, booted, for functions to come. */
  pooled(): number
  /** The same in one phrase. */
  announcement(): string
}

export function createWorker(parts: WorkerParts): LocalWorker {
  return new OneWorker(parts)
}

type LocalEnvironment = Environment | ManagedEnvironment

class OneWorker implements LocalWorker {
  readonly #parts: WorkerParts
  readonly #settings: WorkerSettings
  readonly #launcher: Launcher
  readonly #environments = new Set<LocalEnvironment>()
  #ownFolder = ''
  readonly #walls: WalledLauncher
  #starter: StarterParts | undefined
  #stopped = false

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#settings = { ...WORKER_DEFAULTS, ...parts.settings }
    this.#launcher = new Launcher(parts.report)
    this.#walls = new WalledLauncher(this.#launcher, parts.report)
  }

  async start(): Promise<void> {
    const { folder, random, clock, report } = this.#parts
    const runFolder = runFolderOf(folder)
    // In the background: it is needed with the first environment only.
    this.#launcher.warm()
    await endLeftovers(runFolder, clock, report)
    await endGroupsLeftBehind(clock, report)
    this.#ownFolder = makeOwnFolder(runFolder, random.hex(4))
    this.#starter = await this.#makeStarter()
  }

  startEnvironment(fn: FunctionVersion, options: StartOptions): LocalEnvironment {
    const { listener } = options
    const onDemand = options.initializationType === 'on-demand'
    const initializationType = fn.snapStart && onDemand ? 'snap-start' : options.initializationType
    const { clock, random, telemetry, report } = this.#parts
    const environmentId = random.hex(8)
    const source = { environmentId, fn, logStream: logStreamOf(fn, clock, random) }
    const kept = new Kept(`${this.#ownFolder}/t/${environmentId}`)
    const parts = {
      source,
      listener: this.#watching(listener, kept),
      telemetry,
      clock,
      initTimeoutMs: initLimitMs(fn, initializationType, this.#settings),
      startRuntime: this.#starterFor(source, initializationType, kept),
      report,
    }
    const environment =
      fn.managed === undefined
        ? new Environment({ ...parts, initializationType, random })
        : new ManagedEnvironment({ ...parts, random })
    this.#environments.add(environment)
    return environment
  }

  async takeSnapshot(fn: FunctionVersion): Promise<SnapshotOutcome> {
    return this.#starter?.snapshots.take(fn) ?? { kind: 'unsupported' }
  }

  async prepare(): Promise<void> {
    this.#starter?.network.prepare()
    const base = this.#starter?.host.sandbox.walls
    if (base !== undefined && !this.#stopped)
      await this.#walls.prepare(base, (pid) => this.#starter?.host.limiter.adoptStarter(pid))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const environments = [...this.#environments]
    for (const environment of environments) environment.retire()
    await Promise.all(environments.map((environment) => environment.shutDown))
    await this.#starter?.compiled.close()
    await this.#starter?.snapshots.close()
    await this.#starter?.pools.close()
    await Promise.all([this.#walls.stop(), this.#launcher.stop()])
    await Promise.all(environments.map((environment) => environment.gone()))
    await this.#starter?.pools.gone()
    await this.#starter?.network.stop()
    await this.#starter?.host.limiter.close().catch(this.#parts.report)
    await this.#starter?.host.freezer.close().catch(this.#parts.report)
    if (this.#ownFolder !== '') await rm(this.#ownFolder, { recursive: true, force: true })
  }

  memory(): HostMemory {
    return {
      environmentsBytes: this.#starter?.host.limiter.inUse() ?? 0,
      availableBytes: process.availableMemory(),
    }
  }

  isolation(): WorkerIsolation {
    if (this.#starter === undefined) throw new Error('The worker was not started.')
    const { sandbox, limiter } = this.#starter.host
    return isolationOf(sandbox, limiter, this.#starter.network)
  }

  pooled(): number {
    return this.#starter?.pools.size ?? 0
  }

  announcement(): string {
    return this.isolation().summary
  }

  async #makeStarter(): Promise<StarterParts> {
    const { clock, folder, random, report, sandbox: choice = 'auto' } = this.#parts
    const fifos = new Fifos(this.#launcher, `${this.#ownFolder}/fifos`)
    fifos.warm()
    const bytesMax = this.#settings.codeCacheBytes
    const code = new CodeCache(path.resolve(folder, 'cache/code'), { bytesMax, report })
    const images = new CodeCache(path.resolve(folder, 'cache/images'), {
      bytesMax: this.#settings.imageCacheBytes,
      report,
    })
    const [{ sandbox, network }] = await Promise.all([
      this.#chooseWalls(choice),
      code.removeLeftovers(),
      images.removeLeftovers(),
    ])
    const name = groupName(random.hex(4))
    const limiter = chooseLimiter(name, clock)
    const freezer = chooseFreezer(name, limiter, clock)
    noteGroups(this.#ownFolder, [...limiter.folders, ...freezer.folders])
    const { freezeAfterMs } = this.#settings
    const host = { sandbox, limiter, freezer, freezeAfterMs, launcher: this.#walls, fifos, clock, report }
    const users = new Users()
    const environments = `${this.#ownFolder}/e`
    const starter: StarterParts = {
      ...this.#parts,
      code,
      images,
      layerOf: this.#parts.layerOf ?? noLayers,
      users,
      network,
      folder: environments,
      limitsProcessor: this.#settings.limitsProcessor,
      host,
      compiled: new CompiledCode({
        ...this.#parts,
        cache: code,
        isSaturated: this.#parts.isSaturated ?? (() => false),
        settings: this.#settings,
        pass: async (...job) => (await import('./compiled/pass.ts')).compilePass(starter, ...job),
      }),
      pools: new Pools({
        host,
        users,
        network,
        random,
        folder: environments,
        staging: `${this.#ownFolder}/staging`,
        settings: this.#settings,
      }),
      snapshots: new Snapshots({
        ...this.#parts,
        host,
        users,
        folder: `${this.#ownFolder}/f`,
        planOf: (fn) => planOf(starter, fn),
        logStreamOf: (fn) => logStreamOf(fn, clock, random),
        start: ({ source, ...start }) =>
          startRuntime(starter, { ...source, ...start, initializationType: 'snap-start' }),
      }),
    }
    return starter
  }

  /** Both are tried out at once. A network of its own is of use to what cannot leave it only. */
  async #chooseWalls(choice: SandboxChoice): Promise<{ sandbox: Sandbox; network: Network }> {
    const { clock, endpoint, report, toEndpoint = (socket: Socket) => socket.destroy() } = this.#parts
    const asked = this.#parts.network ?? 'default'
    const parts = { clock, endpoint, toEndpoint, report }
    const [chosen, found] = await Promise.allSettled([
      chooseSandbox(choice, `${this.#ownFolder}/sandbox`),
      choice === 'process' ? sharedNetwork(PLAIN) : chooseNetwork(asked, parts),
    ])
    if (chosen.status === 'rejected' || found.status === 'rejected') {
      if (found.status === 'fulfilled') await found.value.stop()
      throw chosen.status === 'rejected' ? chosen.reason : (found as PromiseRejectedResult).reason
    }
    if (chosen.value.isolation().isolates) return { sandbox: chosen.value, network: found.value }
    await found.value.stop()
    if (asked === 'isolated') throw new NoNetwork(PLAIN)
    return { sandbox: chosen.value, network: sharedNetwork(PLAIN) }
  }

  #starterFor(
    source: EnvironmentSource,
    initializationType: StartOptions['initializationType'],
    kept: Kept,
  ): StartRuntime {
    let started = 0
    return async (calls, output): Promise<Runtime> => {
      const parts = this.#starter
      if (parts === undefined || this.#stopped) {
        throw notRunning()
      }
      const { environmentId, fn, logStream } = source
      const id = `${environmentId}-${++started}`
      const start = { id, fn, initializationType, logStream, kept, calls, output }
      return startRuntime(parts, start).catch((error) => {
        // What it needed has ended under it.
        throw this.#stopped ? notRunning() : error
      })
    }
  }

  /** Hears of the end before placement does. */
  #watching(listener: EnvironmentListener, kept: Kept): EnvironmentListener {
    return {
      onFree: (environment) => listener.onFree(environment),
      onGone: (environment) => {
        const gone = environment as LocalEnvironment
        gone.gone().then(() => {
          this.#environments.delete(gone)
          kept.release().catch(this.#parts.report)
        })
        listener.onGone(environment)
      },
    }
  }
}

const PLAIN = 'functions run as plain processes'

function notRunning(): CannotStart {
  return new CannotStart('not running', () => serviceFailure('lambdad is starting or stopping.'))
}

/** `2026/11/21/[$LATEST]4f1c…`; in a log group of the owner's choice with the function's name before. */
function logStreamOf(fn: FunctionVersion, clock: Clock, random: Random): string {
  const date = new Date(clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')
  const own = fn.logging.group !== `/aws/lambda/${fn.name}`
  return `${date}/${own ? fn.name : ''}[${fn.version}]${random.hex(16)}`
}

function noLayers(): Promise<string> {
  return Promise.reject(new Error('This worker was given no layers.'))
}
