import { writeFile } from 'node:fs/promises'
import { availableParallelism, homedir } from 'node:os'
import path from 'node:path'
import type { Service } from './aws/service.ts'
import { callerOfSession, mintSessionCredentials } from './aws/session-credentials.ts'
import type { Switchboard } from './aws/switchboard.ts'
import type { Clock } from './base/clock.ts'
import { Linger } from './base/linger.ts'
import type { Random } from './base/random.ts'
import { Saturation } from './base/saturation.ts'
import { effectiveAuth, machineMemory, refuseUnsandboxed, type Settings } from './config.ts'
import { createEventRooms, type EventRooms } from './event-rooms.ts'
import type { Authenticator } from './gateway/authenticator.ts'
import { codeDoor } from './gateway/doors/code.ts'
import { healthDoor } from './gateway/doors/health.ts'
import { anybody, type Operator, rootOnly } from './gateway/doors/operator.ts'
import { certificateDoor, snsOutboxDoor } from './gateway/doors/sns.ts'
import { snsLinkDoor } from './gateway/doors/sns-links.ts'
import { statusDoor } from './gateway/doors/status.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { openAuthenticator } from './gateway/open-authenticator.ts'
import { createStrictAuthenticator } from './gateway/signature/strict-authenticator.ts'
import { AsyncInvocations, type NewEvent } from './invoke/async/invocations.ts'
import { createAsyncQueueStore } from './invoke/async/store.sql.ts'
import type { DurableDeps } from './invoke/durable/deps.ts'
import type { DurableExecutions } from './invoke/durable/executions.ts'
import { hasExecutions } from './invoke/durable/has-executions.ts'
import { type InvokeRequest, invoke } from './invoke/invoke.ts'
import { LazyRoom } from './lazy-room.ts'
import type { Log } from './log.ts'
import { Placement, type PlacementCounts } from './placement/placement.ts'
import { createLogsRoom } from './services/cloudwatch-logs/room.ts'
import { definitions } from './services/definitions.ts'
import { createAccessKeys, ensureRootKey, masterKey } from './services/iam/access-keys.ts'
import { createRoleLookup } from './services/iam/role-lookup.ts'
import { createIamStore } from './services/iam/store.sql.ts'
import { resolveTargets } from './services/lambda/durable/targets.ts'
import { findForEvents } from './services/lambda/events.ts'
import { limitsWith } from './services/lambda/limits.ts'
import { mappedFunctions, polledMappings } from './services/lambda/mappings/pollers.ts'
import { createLambdaPort } from './services/lambda/port.ts'
import { bindInvoke, createLambda, type Lambda } from './services/lambda/service.ts'
import { profilesIn } from './services/lambda/signing/profiles.ts'
import type { Stores } from './store/stores.ts'
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { VERSION } from './version.ts'
import type { FunctionVersion } from './wire/function-version.ts'

import { createRuntimeFinder } from './worker/runtimes/finder.ts'
import { createWorker } from './worker/worker.ts'

export interface RoomsDeps {
  readonly settings: Settings
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly stores: Stores
}

/** Something that runs: started in order, stopped in reverse. */
export interface Part {
  start(): unknown
  stop(): unknown
}

export interface Rooms {
  readonly gateway: Gateway
  readonly inOrder: readonly Part[]
  /** Tells the rooms under which address lambdad is reached. */
  listening(url: string): void
  /** What isolates functions, in a phrase. */
  isolation(): string
  counts(): PlacementCounts
}

/** A role's credentials in an environment outlive the environment. */
const SESSION_MS = 24 * 60 * 60_000
/** Invocations that wait for an environment: with 6 MB each at most, so that memory has a bound. */
const WAITING_MAX = 10_000

/** Idle environments are let go before this share of the machine's memory is all that is left. */
const FREE_MEMORY_SHARE = 0.03

/** Builds every room and gives each what it needs of the others: the one place that knows them all. */
export async function buildRooms(deps: RoomsDeps): Promise<Rooms> {
  const { settings, clock, random, stores, log } = deps
  const reportFault = (error: unknown, requestId?: string) =>
    log.error('an internal failure', { err: error, ...(requestId !== undefined && { requestId }) })
  const keys = await openKeys(deps)
  const isStrict = effectiveAuth(settings) === 'strict'
  const iam = createIamStore(stores.database)
  const roles = createRoleLookup(iam)
  let url = ''

  const eventRooms = createEventRooms(deps, {
    ports: { lambda: async () => lambdaPort, logs: async () => logs.port },
    reportFault,
  })
  const { switchboard } = eventRooms
  const logs = createLogsRoom({ ...stores, switchboard, clock, random, reportFault })
  const telemetry = createTelemetry({ clock, appendLogs: logs.append })
  const runtimes = buildRuntimeFinder(deps)
  const hasOthers = availableParallelism() > 1
  const linger = new Linger(() => hasOthers && !saturation.isSaturated)
  const saturation: Saturation = new Saturation(clock, () => linger.awakeMs)
  const worker = createWorker({
    clock,
    random,
    telemetry,
    codeOf: (fn) => codeFile(stores, fn),
    optOf: async () => (settings.opt === '' ? undefined : path.resolve(settings.opt)),
    layerOf: (sha256) => layerFile(stores, sha256),
    fileSystems: settings.fileSystems || undefined,
    runtimes,
    credentialsOf: (fn) => roleCredentials(deps, keys.master, fn),
    endpoint: () => url,
    folder: stores.folder.path,
    sandbox: settings.sandbox === 'default' ? 'auto' : settings.sandbox,
    settings: {
      poolMembersMax: settings.poolMembers,
      poolMemoryMb: settings.poolMemory,
      compilesAhead: settings.compileAhead,
    },
    isSaturated: () => saturation.isSaturated,
    network: settings.network,
    toEndpoint: (socket) => gateway.accept(socket),
    report: reportFault,
  })
  const refusal = {
    start: () => refuseUnsandboxed(settings, worker.isolation()),
    stop: () => {},
  }
  const placement = new Placement({
    worker,
    clock,
    settings: placementSettings(settings),
    isSaturated: () => saturation.isSaturated,
  })
  const lambda = createLambda({
    ...stores,
    switchboard,
    clock,
    random,
    environments: placement,
    takeSnapshot: (fn) => worker.takeSnapshot(fn),
    codeSecret: keys.master,
    signingProfiles: profilesIn(settings.signingProfiles),
    whyNoFileSystems: () => whyNoFileSystems(settings, worker.isolation().isolates),
    warn: (message) => log.warn(message),
    runtimeVersions: (runtime) => runtimes.versions(runtime),
    images: {
      localFiles: effectiveAuth(settings) === 'open',
      dockerConfig: path.join(process.env.DOCKER_CONFIG || path.join(homedir(), '.docker'), 'config.json'),
    },
    forgetEvents: ({ name, ...scope }) => {
      events.forget({ ...scope, functionName: name }).catch(reportFault)
    },
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    limits: limitsWith(settings.concurrency),
    ...(isStrict && { isAssumableRole: (arn: string) => roles.isAssumableBy('lambda.amazonaws.com', arn) }),
    reportFault,
  })
  const { recordMetric } = telemetry
  const invokeDeps = { placement, clock, random, recordMetric, ...logTails(telemetry) }
  const running = {
    directory: lambda.directory,
    concurrency: settings.concurrency,
    invoke: (request: InvokeRequest) => invoke(invokeDeps, request),
  }
  const durable = durableRoom(deps, {
    invoke: running.invoke,
    resolve: resolveTargets(lambda.directory, settings.concurrency),
    recordMetric,
    events: switchboard.events,
    reportFault,
  })
  const executions = () => durable.get()
  const mappings = mappingsRoom(deps, { lambda, switchboard, reportFault })
  const events = new AsyncInvocations({
    store: createAsyncQueueStore(stores.database, random.uuid()),
    clock,
    random,
    switchboard,
    invoke: running.invoke,
    find: findForEvents(running),
    isSaturated: () => saturation.isSaturated,
    recordMetric,
    reportFault,
  })
  const invoking = {
    ...running,
    clock,
    streamBytesPerSecond: settings.streamRate * 2 ** 20,
    executions,
    newId: () => random.uuid(),
    keepEvent: (event: NewEvent) => events.accept(event),
  }
  const lambdaPort = createLambdaPort({ ...invoking, mayInvoke: lambda.mayInvoke })
  const services = servicesOf(eventRooms.s3WebAccess, {
    lambda: lambda.acrossAccounts({
      ...lambda.operations,
      ...lambda.durableOperations(executions),
      ...bindInvoke(invoking),
    }),

    'cloudwatch-logs': logs.operations,
    ...eventRooms.services,
    iam: async () => {
      const { createIamOperations } = await import('./services/iam/service.ts')
      return createIamOperations({ store: iam, clock, random })
    },
    sts: async () => {
      const { createStsOperations } = await import('./services/sts/service.ts')
      return createStsOperations({
        findRole: roles.findRole,
        open: !isStrict,
        masterKey: keys.master,
        clock,
        random,
      })
    },
  })
  const gateway: Gateway = createGateway({
    services,
    definitions: Object.values(definitions),
    authenticator: keys.authenticator,
    frontDoors: [
      healthDoor({ version: VERSION, services: services.map(({ definition }) => definition.id) }),
      statusDoor(async () => ({
        ...statusOf(deps, url),
        ...worker.isolation(),
        ...placement.counts(),
      })),
      codeDoor(lambda.codeDoor),
      certificateDoor(eventRooms.sns.certificate),
      snsLinkDoor({ operations: eventRooms.services.sns, random }),
      snsOutboxDoor({
        outbox: eventRooms.sns.outbox,
        operator: keys.operator,
        defaults: { accountId: settings.account, region: settings.region },
      }),
    ],
    random,
    clock,
    linger,
    reportFault,
  })
  return {
    gateway,
    inOrder: [
      logs,
      { start: () => {}, stop: () => telemetry.stop() },
      worker,
      refusal,
      placement,
      ...eventRooms.parts,
      logs.deliveries,
      lambda,
      { start: () => {}, stop: () => durable.stop() },
      { start: () => {}, stop: () => mappings.stop() },
      { start: () => {}, stop: () => events.stop() },
    ],
    listening: (at) => {
      url = at
      worker.prepare()
      // Functions that go on call back: they must be told where.
      durable.start().catch(reportFault)
      mappings.start().catch(reportFault)
      events.start()
    },
    isolation: () => worker.announcement(),
    counts: () => placement.counts(),
  }
}

/** What feeds functions from queues, once there are event source mappings. */
function mappingsRoom(
  { stores, clock, random, settings }: RoomsDeps,
  given: {
    readonly lambda: Lambda
    readonly switchboard: Switchboard
    readonly reportFault: (error: unknown) => void
  },
) {
  const { lambda, switchboard, reportFault } = given
  const source = polledMappings(lambda.mappings, stores.changes)
  const room = new LazyRoom({
    build: async () => {
      const { Mappings } = await import('./invoke/mappings/mappings.ts')
      return new Mappings({
        mappings: source,
        functions: mappedFunctions({
          port: switchboard.lambda,
          directory: lambda.directory,
          concurrency: settings.concurrency,
        }),
        sqs: switchboard.sqs,
        leases: stores.leases,
        // A data folder is one process's at a time: the next one goes on at once, even after a crash.
        owner: stores.database.dialect.isShared ? random.uuid() : 'this data folder',
        clock,
        reportFault,
      })
    },
    hasWork: async () => (await source.polled()).length > 0,
  })
  const unsubscribe = source.subscribe(() => void room.get().catch(reportFault))
  return {
    start: () => room.start(),
    stop: async () => {
      unsubscribe()
      await room.stop()
    },
  }
}

/** Executions of durable functions, once there are any. */
function durableRoom(
  { stores, clock, random }: RoomsDeps,
  given: Pick<DurableDeps, 'invoke' | 'resolve' | 'recordMetric' | 'events' | 'reportFault'>,
): LazyRoom<DurableExecutions> {
  const { database } = stores
  // Where nodes share a database, each looks after what another one left.
  const isShared = database.dialect.supportsSkipLocked
  return new LazyRoom({
    hasWork: async () => isShared || hasExecutions(database),
    build: async () => {
      const { createDurableExecutions } = await import('./invoke/durable/index.ts')
      return createDurableExecutions(database, { clock, random, isShared, ...given })
    },
  })
}

interface Keys {
  readonly master: Buffer
  readonly authenticator: Authenticator
  readonly operator: Operator
}

/** The root key, which the command line reads from a file of the data folder, and who is believed. */
async function openKeys({ settings, stores, clock, random }: RoomsDeps): Promise<Keys> {
  const { account: accountId, region } = settings
  const keyDeps = { database: stores.database, clock, random }
  const rootKey = await ensureRootKey(keyDeps, accountId)
  const file = path.join(stores.folder.path, 'root-key.json')
  await writeFile(file, `${JSON.stringify({ accountId, ...rootKey }, null, 2)}\n`, { mode: 0o600 })
  const master = await masterKey(keyDeps)
  if (effectiveAuth(settings) === 'strict') {
    const keys = createAccessKeys(stores.database, master)
    const authenticator = createStrictAuthenticator({ keys, clock })
    return { master, authenticator, operator: rootOnly(keys) }
  }
  const callerOf = (id: string, token: string | undefined) => callerOfSession(master, id, token)
  return {
    master,
    authenticator: openAuthenticator({ defaultAccountId: accountId, defaultRegion: region, callerOf }),
    operator: anybody,
  }
}

function servicesOf(
  s3WebAccess: EventRooms['s3WebAccess'],
  operations: Partial<Record<keyof typeof definitions, Service['operations']>>,
): Service[] {
  return Object.entries(operations).map(([id, ofService]) => ({
    definition: definitions[id as keyof typeof definitions],
    operations: ofService,
    ...(id === 's3' && { webAccess: s3WebAccess }),
  }))
}

/** Credentials of the function's role, as an environment gets them when it starts. */
function roleCredentials({ clock, random }: RoomsDeps, master: Buffer, fn: FunctionVersion) {
  const claims = {
    accountId: fn.accountId,
    roleArn: fn.roleArn,
    sessionName: fn.name,
    expiresAt: clock.now() + SESSION_MS,
  }
  return mintSessionCredentials(master, claims, random)
}

async function codeFile(stores: Stores, fn: FunctionVersion): Promise<string> {
  const file = await stores.blobs.path(fn.codeBlob)
  if (file === undefined) throw new Error(`the code of ${fn.arn}:${fn.version} is not among the blobs`)
  return file
}

async function layerFile(stores: Stores, sha256: string): Promise<string> {
  const file = await stores.blobs.path(sha256)
  if (file === undefined) throw new Error(`the layer ${sha256} is not among the blobs`)
  return file
}

function whyNoFileSystems({ fileSystems }: Settings, isolates: boolean): string | undefined {
  if (fileSystems === '') return 'start lambdad with --file-systems, a folder for what access points hold.'
  return isolates ? undefined : 'functions run as plain processes here, to which nothing can be mounted.'
}

function logTails(telemetry: Telemetry) {
  return {
    collectLogTail: (requestId: string) => ({
      text: telemetry.collectTail(requestId),
      discard: () => telemetry.dropTail(requestId),
    }),
  }
}

function placementSettings(settings: Settings) {
  const { environmentsMax, environmentsMemory, startingMax, idleSeconds, requestRate, scalingRate } = settings
  return {
    environmentsMax,
    memoryBytes: environmentsMemory * 2 ** 20,
    memoryFreeBytes: FREE_MEMORY_SHARE * machineMemory(),
    startingMax,
    waitingMax: WAITING_MAX,
    idleMs: idleSeconds * 1000,
    requestsPerSecond: requestRate,
    startsPerTenSeconds: scalingRate,
  }
}

function statusOf({ settings, stores }: RoomsDeps, url: string) {
  return {
    version: VERSION,
    url,
    process: process.pid,
    auth: effectiveAuth(settings),
    data: settings.memory ? '(nothing is kept)' : stores.folder.path,
    database: stores.database.dialect.name,
  }
}

function buildRuntimeFinder({ settings, stores, log }: RoomsDeps) {
  return createRuntimeFinder({
    env: process.env,
    home: homedir(),
    report: (message) => log.warn(message),
    ...(settings.downloads && { downloads: path.join(stores.folder.path, 'runtimes') }),
  })
}
