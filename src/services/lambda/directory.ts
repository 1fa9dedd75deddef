import type { AwsError } from '../../aws/error.ts'
import type { EventSettings } from '../../invoke/async/settings.ts'
import type { RecursiveLoop } from '../../invoke/recursion.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import { latestIsNotInvocable, noPublishedVersion } from './capacity/errors.ts'
import type { LambdaDeps } from './deps.ts'
import { DirectoryCache } from './directory-cache.ts'
import { functionFailed, functionNotFound, functionPending } from './errors.ts'
import { eventSettings } from './event-settings.ts'
import {
  type Configuration,
  type FunctionKey,
  functionArn,
  isPublished,
  LATEST,
  LATEST_PUBLISHED,
  type Scope,
} from './function.ts'
import { type FunctionReference, readFunctionName } from './function-name.ts'
import { awaitsSnapshot, snapStartNotReady } from './snap-start.ts'

/** What an invocation needs to know of the function that it names. */
export interface ResolvedFunction {
  readonly fn: FunctionVersion
  /** `$LATEST` or a number, whatever the caller named. */
  readonly executedVersion: string
  /** With the version or alias that the caller named, and without one where there was none. */
  readonly invokedFunctionArn: string
  /** Whether the caller named a version or an alias. */
  readonly isQualified: boolean
  readonly reservedConcurrency: number | undefined
  /** Of durable functions. */
  readonly durable?: Configuration['durable']
  readonly recursiveLoop?: RecursiveLoop
  /** Of what the caller named. */
  readonly eventSettings: EventSettings
  /** Of the function itself. An invocation of one that is Pending waits, so it is never seen here. */
  readonly state: 'Active'
}

/** Functions by the names that callers use, from memory: the hot path of every invocation. */
export interface FunctionDirectory {
  /**
   * A weighted alias draws its version anew with each call. Throws what Invoke answers: 404 where there is
   * no such function, 409 where it is not active in time.
   */
  resolve(scope: Scope, functionName: string, qualifier?: string): Promise<ResolvedFunction>
  /** What all functions of the account and region have reserved, as of the last `resolve` there. */
  reservedTotal(scope: Scope): number
  /** Forgets what is known of a function and of its account's reservations. */
  forget(key: FunctionKey): void
  /** Forgets everything: after changes may have been missed. */
  forgetAll(): void
}

/** Where a name leads: always to the first target, or with `weight` to the second. */
export interface Destination {
  readonly primary: ResolvedFunction
  readonly secondary?: { readonly target: ResolvedFunction; readonly weight: number }
}

/**
 * AWS answers 409 at once. Here a function is Pending for milliseconds only, and callers without a waiter
 * had better be served than refused.
 */
const PENDING_WAIT_MS = 1000
const PENDING_POLL_MS = 10

type Deps = Pick<LambdaDeps, 'functions' | 'clock' | 'random'>

export function createFunctionDirectory(deps: Deps): FunctionDirectory {
  const cache = new DirectoryCache()
  return {
    reservedTotal: (scope) => cache.reserved(scope) ?? 0,
    forget: (key) => cache.forget(key),
    forgetAll: () => cache.forgetAll(),

    resolve: async (scope, functionName, qualifier) => {
      const known = cache.find(scope, functionName, qualifier)
      const destination = known ?? (await load(deps, cache, scope, functionName, qualifier))
      if (!cache.knowsReserved(scope)) await loadReserved(deps, cache, scope)
      return draw(deps, destination)
    },
  }
}

function draw({ random }: Deps, { primary, secondary }: Destination): ResolvedFunction {
  return secondary !== undefined && random.fraction() < secondary.weight ? secondary.target : primary
}

async function load(
  deps: Deps,
  cache: DirectoryCache,
  scope: Scope,
  functionName: string,
  qualifier: string | undefined,
): Promise<Destination> {
  const reference = readFunctionName(functionName, scope, qualifier)
  const giveUpAt = deps.clock.now() + PENDING_WAIT_MS
  for (;;) {
    const since = cache.generation
    const destination = await read(deps, reference)
    if (destination !== 'Pending') {
      cache.remember({ scope, functionName, qualifier }, reference.key, destination, since)
      return destination
    }
    if (deps.clock.now() >= giveUpAt) throw await notReady(deps, reference)
    await deps.clock.sleep(PENDING_POLL_MS)
  }
}

/** A version whose snapshot is being made says so in a word of its own. */
async function notReady(
  { functions }: Deps,
  { key, qualifier = LATEST }: FunctionReference,
): Promise<AwsError> {
  const version = isPublished(qualifier) ? qualifier : (await functions.findAlias(key, qualifier))?.version
  const found = await functions.findVersion(key, version ?? qualifier)
  return found !== undefined && awaitsSnapshot(found) ? snapStartNotReady() : functionPending()
}

async function loadReserved(deps: Deps, cache: DirectoryCache, scope: Scope): Promise<void> {
  const since = cache.generation
  cache.rememberReserved(scope, await deps.functions.reservedConcurrency(scope), since)
}

async function read(deps: Deps, reference: FunctionReference): Promise<Destination | 'Pending'> {
  const { key, qualifier = LATEST } = reference
  const named = qualifier === LATEST || isPublished(qualifier)
  const alias = named ? undefined : await deps.functions.findAlias(key, qualifier)
  const version = named ? qualifier : alias?.version
  const primary = version === undefined ? undefined : await readTarget(deps, reference, version)
  if (primary === undefined) throw functionNotFound(functionArn(key, qualifier))
  if (primary === 'Pending' || alias?.routing === undefined) return onlyPrimary(primary)

  const target = await readTarget(deps, reference, alias.routing.version)
  if (target === undefined) return { primary }
  if (target === 'Pending') return target
  return { primary, secondary: { target, weight: alias.routing.weight } }
}

function onlyPrimary(primary: ResolvedFunction | 'Pending'): Destination | 'Pending' {
  return primary === 'Pending' ? primary : { primary }
}

async function readTarget(
  { functions }: Pick<Deps, 'functions'>,
  { key, qualifier }: FunctionReference,
  version: string,
): Promise<ResolvedFunction | 'Pending' | undefined> {
  const head = await functions.find(key)
  const found = await functions.findVersion(key, version)
  if (head === undefined || found === undefined) return undefined
  if (found.configuration.capacity !== undefined && version === LATEST)
    return readPublished({ functions }, { key, qualifier })
  if (found.state === 'Failed') throw functionFailed()
  if (found.running === undefined) return 'Pending'
  return {
    fn: found.running,
    executedVersion: found.version,
    invokedFunctionArn: functionArn(key, qualifier),
    isQualified: qualifier !== undefined,
    reservedConcurrency: head.reservedConcurrency,
    ...(found.configuration.durable && { durable: found.configuration.durable }),
    eventSettings: eventSettings(
      await functions.findEventConfig(key, qualifier ?? LATEST),
      found.configuration,
    ),
    ...(head.recursiveLoop && { recursiveLoop: head.recursiveLoop }),
    state: 'Active',
  }
}

/** On managed instances the name alone means what was published last as such; `$LATEST` is not to be invoked. */
async function readPublished(
  deps: Pick<Deps, 'functions'>,
  reference: FunctionReference,
): Promise<ResolvedFunction | 'Pending'> {
  if (reference.qualifier !== undefined) throw latestIsNotInvocable()
  const target = await readTarget(deps, reference, LATEST_PUBLISHED)
  if (target === undefined) throw noPublishedVersion()
  return target
}
