import { mkdirSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { ZipError } from '../base/zip/index.ts'
import type { FunctionImage, FunctionVersion } from '../wire/function-version.ts'
import type { PlatformErrorCode } from '../wire/invocation.ts'
import type { InitializationType } from '../wire/platform-event.ts'
import type { CodeCache, UnpackedCode } from './code/code-cache.ts'
import type { CompiledCode } from './compiled/compiled-code.ts'
import { linkFor } from './compiled/link.ts'
import { findEntrypoint } from './entrypoint.ts'
import { platformFailure } from './environment/payloads.ts'
import { CannotStart, type Runtime } from './environment/runtime.ts'
import { type Credentials, variablesOf } from './environment/variables.ts'
import { EXTENSIONS_FOLDER, type ExternalExtension, findExternal, OPT_FOLDER } from './extensions/external.ts'
import { Supervisor, supervised } from './extensions/supervisor.ts'
import { CannotMount, fileSystemMount } from './file-systems.ts'
import { externalInImage } from './image/external.ts'
import { type ImageParts, imageArgv, takeImage } from './image/start-image.ts'
import type { Kept } from './kept.ts'
import { isCustom, isOwnProgram, type LaunchPlan, type RuntimeFinder } from './launch-plan.ts'
import type { Exit } from './launcher/protocol.ts'
import type { Network, NetworkPlace } from './network/network.ts'
import { takeOpt } from './opt/opt.ts'
import { kindOf } from './pool/eligible.ts'
import type { Pools } from './pool/pools.ts'
import type { RuntimeCalls } from './runtime-api/routes.ts'
import { RuntimeApi } from './runtime-api/server.ts'
import { RunningSandbox, type SandboxHost, type SandboxOutput } from './sandbox/running.ts'
import { compiledMounts, FRAMES_FD, INSIDE, type Mount } from './sandbox/sandbox.ts'
import type { Snapshots } from './snapshot/snapshots.ts'
import { FORKS_FOLDER, SnapshotFailed, type Template, type TemplateStart } from './snapshot/template.ts'
import { hostLoopback } from './telemetry-api/reach.ts'
import type { Users } from './users.ts'

export interface StarterParts extends ImageParts {
  readonly clock: Clock
  readonly host: SandboxHost
  readonly code: CodeCache
  readonly users: Users
  readonly network: Network
  readonly codeOf: (fn: FunctionVersion) => Promise<string>
  /** The folder that lies below the layers at /opt. */
  readonly optOf?: (fn: FunctionVersion) => Promise<string | undefined>
  /** Of access points' folders. */
  readonly fileSystems?: string | undefined
  readonly runtimes: RuntimeFinder
  readonly credentialsOf: (fn: FunctionVersion) => Credentials | Promise<Credentials>
  readonly endpoint: () => string
  /** In which each running sandbox gets a folder. */
  readonly folder: string
  readonly limitsProcessor: boolean
  readonly compiled: CompiledCode
  readonly pools: Pools
  readonly snapshots: Snapshots
  readonly random: Random
}

export interface RuntimeStart {
  /** The environment's, and which of its runtimes this is: a failed one is followed by another. */
  readonly id: string
  readonly fn: FunctionVersion
  readonly initializationType: InitializationType
  readonly logStream: string
  /** What outlives this runtime. */
  readonly kept: Kept
  readonly calls: RuntimeCalls
  readonly output: SandboxOutput
  /** It is to be forked from, and serves nobody. */
  readonly template?: TemplateStart
}

/** As on AWS, where layers are not for images. */
const OPT_OF_IMAGES =
  'A container image brings its own /opt: with --opt, which gives every function one, lambdad does not run it. ' +
  'Put into the image what is in that folder, or start lambdad without --opt.'

/** Brings together what a runtime needs, its code, its Runtime API, its sandbox, and starts it. Throws `CannotStart`. */
export async function startRuntime(parts: StarterParts, start: RuntimeStart): Promise<Runtime> {
  const { fn } = start
  if (fn.image !== undefined) return startImage(parts, start, fn.image)
  if (start.initializationType === 'snap-start' && start.template === undefined) {
    const forked = await fromSnapshot(parts, start)
    if (forked !== undefined) return forked
  }
  const [plan, credentials] = await Promise.all([planOf(parts, fn), parts.credentialsOf(fn)])
  const code = await codeOf(parts, fn)
  let opt: UnpackedCode | undefined
  let compiled: UnpackedCode | undefined
  try {
    opt = await unpacked(takeOpt(parts, fn), 'a layer')
    compiled = await parts.compiled.take({ fn, plan, code, opt })
    const mounts = opt === undefined ? [] : [{ source: opt.folder, target: OPT_FOLDER }]
    const argv = isCustom(fn.runtime)
      ? await entrypointIn([{ source: code.folder, target: INSIDE.code }, ...mounts])
      : wrapped(plan.argv, fn)
    const external = opt === undefined ? [] : announced(start, await findExternal(opt.folder))
    const env = {
      ...(opt !== undefined && LOOKS_FOR_LAYERS.test(fn.runtime) ? LAYERS_ROOT : {}),
      ...(compiled === undefined ? {} : COMPILED),
    }
    const whole = {
      ...plan,
      argv,
      mounts: [...plan.mounts, ...mounts, ...forksOf(start), ...fileSystemOf(parts, fn)],
      env: { ...plan.env, ...env },
    }
    const ingredients = { plan: whole, credentials, code: together(code, opt, compiled), compiled, external }
    return (await fromPool(parts, start, ingredients)) ?? (await startWith(parts, start, ingredients))
  } catch (error) {
    together(code, opt, compiled).release()
    throw error
  }
}

async function startImage(parts: StarterParts, start: RuntimeStart, image: FunctionImage): Promise<Runtime> {
  if ((await parts.optOf?.(start.fn)) !== undefined)
    throw cannotStart('InvalidRuntimeException', OPT_OF_IMAGES)
  const code = await takeImage(parts, parts.host.sandbox, image)
  try {
    const argv = await imageArgv(code.folder, start.fn, image)
    const credentials = await parts.credentialsOf(start.fn)
    const plan = { argv, env: {}, mounts: fileSystemOf(parts, start.fn) }
    const external = announced(start, await externalInImage(code.folder))
    return await startWith(parts, start, { plan, credentials, code, compiled: undefined, external })
  } catch (error) {
    code.release()
    throw error
  }
}

interface Ingredients {
  readonly plan: LaunchPlan
  readonly credentials: Credentials
  readonly code: UnpackedCode
  readonly compiled: UnpackedCode | undefined
  readonly external: readonly ExternalExtension[]
}

/** Forks the initialised runtime of the version. Undefined where it has none; its own init runs then. */
async function fromSnapshot(parts: StarterParts, start: RuntimeStart): Promise<Runtime | undefined> {
  const { id, fn, kept } = start
  const template = await snapshotOf(parts, fn)
  if (template === undefined) return undefined
  const { folder: sockets, door, runtimeVersion } = template
  const folder = `${parts.folder}/${id}`
  const taken = template.take(kept)
  const { uid } = taken
  const socket = `${sockets}/${id}.sock`
  const api = new RuntimeApi(start.calls, uid)
  try {
    mkdirSync(folder, { mode: 0o700 })
    await api.listenOnce(socket)
    const from = kept.offer()
    const variables = { LAMBDAD_ENVIRONMENT: id }
    const told = { variables, logGroup: fn.logging.group, logStream: start.logStream }
    const { ephemeralStorageMb: temporaryMb, memoryMb } = fn
    const sandbox = await RunningSandbox.start(
      { ...parts.host, launcher: template.launches(taken, from, socket, told) },
      {
        id,
        argv: [],
        variables,
        codeFolder: folder,
        mounts: [],
        runtimeSocket: folder,
        folder,
        temporaryMb,
        temporary: { folder: kept.folder, from },
        uid,
        network: undefined,
        memoryMb,
        waitsForLimits: false,
      },
      start.output,
    )
    door.api.admit(uid)
    return new StartedRuntime(api, sandbox, {
      version: runtimeVersion,
      restored: true,
      release: () => {
        door.api.dismiss(uid)
        rmSync(socket, { force: true })
      },
      kept,
      supervisor: undefined,
      place: door.place,
      limitsProcessor: parts.limitsProcessor,
    })
  } catch (error) {
    template.abandon(taken)
    api.close()
    throw error
  }
}

async function snapshotOf({ snapshots }: StarterParts, fn: FunctionVersion): Promise<Template | undefined> {
  try {
    return await snapshots.of(fn)
  } catch (error) {
    if (error instanceof SnapshotFailed) throw new CannotStart(error.message, error.outcomeFor)
    throw error
  }
}

/** Where a template's forks find their sockets. */
function forksOf({ template }: RuntimeStart): Mount[] {
  return template === undefined ? [] : [{ source: template.folder, target: FORKS_FOLDER }]
}

/** Gives a runtime that waits this function. Undefined where there is none, or where it cannot be given the code. */
async function fromPool(
  parts: StarterParts,
  start: RuntimeStart,
  { plan, credentials, code, compiled, external }: Ingredients,
): Promise<Runtime | undefined> {
  const { fn, kept } = start
  // Extensions start before the runtime does.
  const canBePooled = kept.isNew && external.length === 0 && start.template === undefined
  const kind = canBePooled ? kindOf(plan, fn, () => takeOpt(parts, fn)) : undefined
  const member = kind === undefined ? undefined : parts.pools.take(kind)
  if (member === undefined) return undefined
  const { id, uid, runtimeApi, api, place, sandbox } = member
  const variables = variablesOf({
    fn,
    environmentId: id,
    initializationType: start.initializationType,
    logStream: start.logStream,
    credentials,
    credentialsToken: offerCredentials(parts, start, api),
    endpoint: place?.endpoint ?? parts.endpoint(),
    runtimeApi,
    ofRuntime: { ...plan.env, _LAMBDA_TELEMETRY_LOG_FD: String(FRAMES_FD) },
  })
  const { calls, output } = start
  if (compiled !== undefined) linkFor(compiled.folder, uid)
  try {
    await member.become({
      codeFolder: code.folder,
      compiledFolder: compiled?.folder,
      variables,
      temporary: kept.folder,
      calls,
      output,
    })
  } catch (error) {
    parts.host.report(error)
    member.drop()
    return undefined
  }
  kept.adopt(parts.users, uid)
  return new StartedRuntime(api, sandbox, {
    version: plan.runtimeVersion,
    release: () => code.release(),
    kept,
    supervisor: undefined,
    place,
    limitsProcessor: parts.limitsProcessor,
  })
}

async function startWith(
  parts: StarterParts,
  start: RuntimeStart,
  { plan, credentials, code, compiled, external }: Ingredients,
): Promise<Runtime> {
  const { id, fn, kept } = start
  const folder = `${parts.folder}/${id}`
  const uid = parts.host.sandbox.ownUsers ? kept.uid(parts.users) : undefined
  mkdirSync(folder, { mode: 0o700 })
  if (compiled !== undefined) linkFor(compiled.folder, uid)
  const place = await parts.network.take()
  const api = new RuntimeApi(start.calls, uid, fn.managed?.maxConcurrency)
  try {
    const runtimeSocket = `${folder}/rt.sock`
    const runtimeApi = await api.listen(runtimeSocket, place?.runtimeApi)
    const credentialsToken = offerCredentials(parts, start, api)
    start.template?.opened({ api, place })
    const { logStream, initializationType } = start
    const ofRuntime = {
      ...plan.env,
      ...(isOwnProgram(fn) ? {} : { _LAMBDA_TELEMETRY_LOG_FD: String(FRAMES_FD) }),
      ...(start.template === undefined ? {} : { LAMBDAD_FORKS: FORKS_FOLDER }),
    }
    const endpoint = place?.endpoint ?? parts.endpoint()
    const supervisor =
      external.length === 0 ? undefined : new Supervisor({ tell: (line) => sandbox.tell(line) })
    const programs = external.map(({ name }) => `${EXTENSIONS_FOLDER}/${name}`)
    const sandbox: RunningSandbox = await RunningSandbox.start(
      parts.host,
      {
        id,
        argv: supervisor === undefined ? plan.argv : supervised(programs, plan.argv),
        variables: variablesOf({
          fn,
          environmentId: id,
          initializationType,
          logStream,
          credentials,
          credentialsToken,
          endpoint,
          runtimeApi,
          ofRuntime,
        }),
        codeFolder: code.folder,
        ...(fn.image && { image: { directory: fn.image.workingDirectory } }),
        mounts: [...plan.mounts, ...compiledMounts(compiled?.folder)],
        runtimeSocket,
        folder,
        temporaryMb: fn.ephemeralStorageMb,
        temporary: { folder: kept.folder, from: kept.offer() },
        uid,
        network: place?.namespace,
        forks: start.template !== undefined,
        memoryMb: fn.memoryMb,
        waitsForLimits: isOwnProgram(fn) || supervisor !== undefined,
        ...(supervisor === undefined ? {} : { onReport: (bytes: Uint8Array) => supervisor.read(bytes) }),
      },
      start.output,
    )
    return new StartedRuntime(api, sandbox, {
      version: plan.runtimeVersion,
      release: () => {
        code.release()
        place?.release()
      },
      kept,
      supervisor,
      place,
      limitsProcessor: parts.limitsProcessor,
    })
  } catch (error) {
    api.close()
    place?.release()
    throw error
  }
}

/** Of functions with SnapStart: a snapshot is older than what it would have in its variables. */
function offerCredentials(parts: StarterParts, start: RuntimeStart, api: RuntimeApi): string | undefined {
  if (start.initializationType !== 'snap-start') return undefined
  const token = parts.random.hex(32)
  api.offerCredentials({ token, clock: parts.clock, current: () => parts.credentialsOf(start.fn) })
  return token
}

class StartedRuntime implements Runtime {
  readonly version: string | undefined
  readonly restored: boolean
  readonly supervisor: Supervisor | undefined
  readonly gone: Promise<void>
  readonly #api: RuntimeApi
  readonly #sandbox: RunningSandbox
  readonly #kept: Kept
  readonly #place: NetworkPlace | undefined
  readonly #limitsProcessor: boolean

  constructor(
    api: RuntimeApi,
    sandbox: RunningSandbox,
    options: {
      version: string | undefined
      restored?: boolean
      supervisor: Supervisor | undefined
      release: () => void
      kept: Kept
      place: NetworkPlace | undefined
      limitsProcessor: boolean
    },
  ) {
    this.version = options.version
    this.restored = options.restored ?? false
    this.supervisor = options.supervisor
    this.#kept = options.kept
    this.#place = options.place
    this.#limitsProcessor = options.limitsProcessor
    this.#api = api
    this.#sandbox = sandbox
    this.gone = sandbox.gone.then(() => {
      api.close()
      options.release()
    })
  }

  get isEnding() {
    return this.#sandbox.isEnding
  }

  get ended() {
    return this.#sandbox.ended
  }

  connect(port: number): Socket | Promise<Socket> {
    return this.#place?.connect(port) ?? hostLoopback.connect(port)
  }

  whenDrained(then: () => void): void {
    this.#sandbox.whenDrained(then)
  }

  endInit(): void {
    this.#sandbox.endInit()
    if (this.#limitsProcessor) this.#sandbox.limitProcessor()
  }

  hold(): void {
    this.#sandbox.hold(this.#kept)
  }

  wake(): void {
    this.#sandbox.wake()
  }

  rest(): void {
    this.#sandbox.rest()
  }

  peakMemoryMb(): number {
    return this.#sandbox.peakMemoryMb()
  }

  terminate(): void {
    this.#sandbox.terminate()
  }

  isOutOfMemory(exit: Exit): boolean {
    return this.#sandbox.isOutOfMemory(exit)
  }

  kill(): void {
    this.#api.close()
    this.#sandbox.kill()
  }
}

export async function planOf({ runtimes }: StarterParts, fn: FunctionVersion): Promise<LaunchPlan> {
  const found = await runtimes.find(fn.runtime, fn.runtimeVersion)
  if (found.kind === 'missing') throw cannotStart('InvalidRuntimeException', found.message)
  return found.plan(fn)
}

/** Bootstraps that look for layers by themselves, where this says; a sandbox that is none changes it. */
const LOOKS_FOR_LAYERS = /^(python|ruby|java)/
const LAYERS_ROOT = { LAMBDAD_LAYERS_ROOT: OPT_FOLDER }
const COMPILED = { LAMBDAD_COMPILED: INSIDE.compiled }

/** Extensions are known to the environment before anything is started. */
function announced({ calls }: RuntimeStart, external: readonly ExternalExtension[]) {
  if (external.length > 0) calls.external(external)
  return external
}

/** The code, with which the layers go, and what was compiled of both. */
function together(code: UnpackedCode, ...others: (UnpackedCode | undefined)[]): UnpackedCode {
  const release = () => {
    for (const other of others) other?.release()
    code.release()
  }
  return { folder: code.folder, release }
}

function codeOf({ code, codeOf }: StarterParts, fn: FunctionVersion): Promise<UnpackedCode> {
  return unpacked(
    code.take(fn.codeBlob, () => codeOf(fn)),
    'the deployment package',
  )
}

function fileSystemOf({ fileSystems, host }: StarterParts, fn: FunctionVersion): Mount[] {
  try {
    const mount = fileSystemMount(fileSystems, host.sandbox, fn)
    return mount === undefined ? [] : [mount]
  } catch (error) {
    if (!(error instanceof CannotMount)) throw error
    throw cannotStart('EFSMountFailureException', error.message, error)
  }
}

async function unpacked<Files>(files: Promise<Files>, what: string): Promise<Files> {
  try {
    return await files
  } catch (error) {
    if (!(error instanceof ZipError)) throw error
    throw cannotStart('InvalidZipFileException', `Could not unzip ${what}: ${error.message}`, error)
  }
}

/** A script of the function's may start the runtime. A shell in between, for its exit status where there is none. */
function wrapped(argv: readonly string[], fn: FunctionVersion): readonly string[] {
  const wrapper = fn.variables.AWS_LAMBDA_EXEC_WRAPPER
  return wrapper === undefined ? argv : ['/bin/sh', '-c', 'exec "$0" "$@"', wrapper, ...argv]
}

async function entrypointIn(mounts: readonly Mount[]): Promise<readonly string[]> {
  const found = await findEntrypoint(mounts)
  if ('argv' in found) return found.argv
  throw new CannotStart(found.wrong, (requestId) =>
    platformFailure(requestId, 'Runtime.InvalidEntrypoint', found.wrong),
  )
}

function cannotStart(code: PlatformErrorCode, message: string, cause?: unknown): CannotStart {
  return new CannotStart(message, () => ({ kind: 'platform-error', code, message }), { cause })
}
