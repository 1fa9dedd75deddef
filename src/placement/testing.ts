import assert from 'node:assert/strict'
import { AwsError } from '../aws/error.ts'
import { VirtualClock } from '../base/clock.ts'
import type { FunctionVersion } from '../wire/function-version.ts'
import type { Invocation, Outcome } from '../wire/invocation.ts'
import type { InitializationType } from '../wire/platform-event.ts'
import type { Environment, EnvironmentListener, HostMemory, StartOptions, Worker } from '../wire/worker.ts'
import { Placement, type PlacementSettings } from './placement.ts'

// What the tests of placement share: a worker whose environments do what the test says.

export const UNLIMITED = { reserved: undefined, unreserved: 1000 }
export const MB = 2 ** 20
export const SETTINGS: PlacementSettings = {
  environmentsMax: 10,
  startingMax: 2,
  waitingMax: 100,
  idleMs: 600_000,
  requestsPerSecond: 0,
  startsPerTenSeconds: 0,
  memoryBytes: 1000 * MB,
  memoryFreeBytes: 100 * MB,
}

export function retiredOf(worker: ScriptedWorker): string[] {
  return worker.environments.filter(({ retired }) => retired).map((environment) => environment.fn.name)
}

export function setup(settings: Partial<PlacementSettings> = {}, isSaturated = () => false) {
  const clock = new VirtualClock()
  const worker = new ScriptedWorker()
  const placement = new Placement({ worker, clock, settings: { ...SETTINGS, ...settings }, isSaturated })
  return { clock, worker, placement }
}

/** One environment of f, with one fast invocation behind it. */
export async function warm(
  placement: Placement,
  worker: ScriptedWorker,
  clock: VirtualClock,
  startMs = 30,
): Promise<void> {
  const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
  await clock.advance(startMs)
  await worker.boot(0)
  await clock.advance(1)
  worker.answer(0)
  worker.free(0)
  await first
}

/** Until an invocation that was accepted has reached its environment. */
export async function begun(invocation: Promise<Outcome>): Promise<void> {
  await Promise.race([invocation, new Promise((resolve) => setImmediate(resolve))])
}

export async function rejectsWith(invocation: Promise<Outcome>, reason: string): Promise<void> {
  await assert.rejects(invocation, (error: unknown) => {
    assert(error instanceof AwsError)
    assert.equal(error.code, 'TooManyRequestsException')
    assert.equal(error.members.Reason, reason)
    return true
  })
}

/** A worker whose environments do what the test says, when it says so. */
export class ScriptedWorker implements Worker {
  readonly environments: ScriptedEnvironment[] = []
  /** Each environment that is there has this much. */
  megabytesEach = 40
  available = 10_000 * MB
  asked = 0

  memory(): HostMemory {
    this.asked++
    const there = this.environments.filter(({ retired }) => !retired).length
    return { environmentsBytes: there * this.megabytesEach * MB, availableBytes: this.available }
  }

  startEnvironment(version: FunctionVersion, { listener, initializationType }: StartOptions): Environment {
    const id = `e${this.environments.length}`
    const environment = new ScriptedEnvironment(id, version, listener, initializationType)
    this.environments.push(environment)
    return environment
  }

  /** Init is over; what waited is on its way when this resolves. */
  async boot(index: number): Promise<void> {
    this.free(index)
    await new Promise((resolve) => setImmediate(resolve))
  }

  free(index: number): void {
    const environment = this.#at(index)
    environment.listener.onFree(environment)
  }

  /** Its init failed, or its runtime did since. */
  fail(index: number): void {
    this.#at(index).isInitialized = false
  }

  gone(index: number): void {
    const environment = this.#at(index)
    environment.listener.onGone(environment)
  }

  answer(index: number): void {
    this.#at(index).answer()
  }

  invocations(index: number): string[] {
    return this.#at(index).invocations
  }

  #at(index: number): ScriptedEnvironment {
    const environment = this.environments[index]
    assert(environment, `environment ${index} was not started`)
    return environment
  }
}

export class ScriptedEnvironment implements Environment {
  readonly id: string
  readonly fn: FunctionVersion
  readonly listener: EnvironmentListener
  readonly initializationType: InitializationType
  readonly invocations: string[] = []
  retired = false
  isInitialized = true
  answer: () => void = () => {}

  constructor(
    id: string,
    version: FunctionVersion,
    listener: EnvironmentListener,
    initializationType: InitializationType,
  ) {
    this.id = id
    this.initializationType = initializationType
    this.fn = version
    this.listener = listener
  }

  invoke(invocation: Invocation): Promise<Outcome> {
    this.invocations.push(invocation.requestId)
    return new Promise((resolve) => {
      this.answer = () =>
        resolve({ kind: 'success', payload: new Uint8Array(), contentType: 'application/json' })
    })
  }

  retire(): void {
    this.retired = true
    this.listener.onGone(this)
  }
}

export function fn(name: string, revision = name): FunctionVersion {
  return {
    revision,
    accountId: '000000000000',
    region: 'us-east-1',
    name,
    version: '$LATEST',
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    roleArn: 'arn:aws:iam::000000000000:role/r',
    runtime: 'nodejs24.x',
    architecture: 'x86_64',
    handler: 'index.handler',
    codeBlob: '0'.repeat(64),
    memoryMb: 128,
    timeoutMs: 3000,
    ephemeralStorageMb: 512,
    variables: {},
    logging: { format: 'Text', group: `/aws/lambda/${name}` },
  }
}

export function event(requestId: string, tenantId?: string): Invocation {
  return {
    requestId,
    ...(tenantId !== undefined && { tenantId }),
    invokedFunctionArn: 'arn',
    payload: Buffer.from('{}'),
    traceHeader: 'Root=1-00000000-000000000000000000000000',
  }
}
