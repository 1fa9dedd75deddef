import type { TestContext } from 'node:test'
import { type MemoryTargets, memoryTargets } from '../../aws/ports/testing.ts'
import { createSwitchboard } from '../../aws/switchboard.ts'
import { VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { tooManyRequests } from '../../placement/errors.ts'
import type { Database } from '../../store/database.ts'
import { openSqlite } from '../../store/sqlite.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Outcome } from '../../wire/invocation.ts'
import type { MetricEvent } from '../../wire/metric.ts'
import type { InvokeRequest } from '../invoke.ts'
import { recursiveInvocation } from '../recursion.ts'
import { traceHeaderFor } from '../trace-header.ts'
import { AsyncInvocations, type NewEvent } from './invocations.ts'
import type { QueueSettings } from './queue.ts'
import { DEFAULT_EVENT_SETTINGS, type EventSettings } from './settings.ts'
import { createAsyncQueueStore } from './store.sql.ts'

export const WHERE = { accountId: '123456789012', region: 'eu-central-1' }
export const arnOf = (service: string, resource: string) =>
  `arn:aws:${service}:${WHERE.region}:${WHERE.accountId}:${resource}`
export const QUEUE = arnOf('sqs', 'q')
export const DEAD = arnOf('sqs', 'dead')
export const TOPIC = arnOf('sns', 't')
export const BUS = arnOf('events', 'event-bus/b')
export const OTHER = arnOf('lambda', 'function:other:live')
export const BUCKET = 'arn:aws:s3:::b'

/** What a function does with an event: an answer, an error of its own, or one of Lambda. */
export type Behaviour = (request: InvokeRequest, run: number) => Outcome | Error | Promise<Outcome | Error>

export const answered = (value: unknown): Outcome => ({
  kind: 'success',
  payload: Buffer.from(JSON.stringify(value)),
  contentType: 'application/json',
})
export const failed = (errorMessage: string): Outcome => ({
  kind: 'function-error',
  payload: Buffer.from(JSON.stringify({ errorMessage, errorType: 'Error' })),
  errorType: 'Error',
})
export const throttled = () => tooManyRequests('ReservedFunctionConcurrentInvocationLimitExceeded')
export const looping = () => recursiveInvocation()

export interface ScriptedFunction {
  readonly behaviour: Behaviour
  readonly settings?: Partial<EventSettings>
  readonly reserved?: number
}

export interface Rig {
  readonly clock: VirtualClock
  readonly invocations: AsyncInvocations
  readonly targets: MemoryTargets
  readonly database: Database
  /** What functions were given, and when: milliseconds since the test began. */
  readonly runs: { readonly at: number; readonly name: string; readonly request: InvokeRequest }[]
  readonly metrics: MetricEvent[]
  readonly faults: unknown[]
  /** Functions by name; a test may change them. */
  readonly functions: Map<string, ScriptedFunction>
  accept(functionName: string, event: unknown, more?: Partial<NewEvent>): Promise<string>
  /** Moves time on in steps, so that what is written meanwhile is written at its time. */
  pass(ms: number, stepMs?: number): Promise<void>
  /** Entries that are not over. */
  left(): Promise<number>
  count(name: MetricEvent['name']): number
  /** The process dies here: what it was doing is cut off. Another one goes on with the same database. */
  dieAndRestart(): Promise<AsyncInvocations>
}

/** Asynchronous invocations of scripted functions, with targets in memory, on a virtual clock. */
export async function rig(
  t: TestContext,
  functions: Record<string, ScriptedFunction>,
  settings: Partial<QueueSettings> = {},
): Promise<Rig> {
  const clock = new VirtualClock()
  const start = clock.now()
  const database = await openSqlite(':memory:')
  const targets = memoryTargets(QUEUE, DEAD, TOPIC, BUS, OTHER, BUCKET)
  const byName = new Map(Object.entries(functions))
  const runs: Rig['runs'] = []
  const metrics: MetricEvent[] = []
  const faults: unknown[] = []
  const counts = new Map<string, number>()
  let isAlive = { yes: true }

  const begin = () => {
    const alive = { yes: true }
    isAlive = alive
    const begun = new AsyncInvocations({
      store: createAsyncQueueStore(database, realRandom.uuid()),
      clock,
      random: realRandom,
      switchboard: createSwitchboard(targets.ports),
      settings,
      find: async ({ functionName, qualifier }) => {
        const script = byName.get(functionName)
        if (script === undefined) return undefined
        return {
          request: {
            fn: functionVersion(functionName),
            invokedFunctionArn: arnOf('lambda', `function:${functionName}`),
            limits: { reserved: script.reserved, unreserved: 1000 },
          },
          executedVersion: qualifier ?? '$LATEST',
          settings: { ...DEFAULT_EVENT_SETTINGS, ...script.settings },
        }
      },
      invoke: async (request) => {
        const { name, arn } = request.fn
        const run = (counts.get(request.requestId) ?? 0) + 1
        counts.set(request.requestId, run)
        runs.push({ at: clock.now() - start, name, request })
        const outcome = await byName.get(name)?.behaviour(request, run)
        if (!alive.yes) await new Promise(() => {})
        if (outcome === undefined || outcome instanceof Error) throw outcome
        return {
          outcome,
          traceHeader: traceHeaderFor({ clock, random: realRandom }, arn, request.traceHeader),
        }
      },
      recordMetric: (event) => metrics.push(event),
      reportFault: (error) => faults.push(error),
    })
    begun.start()
    return begun
  }

  let invocations = begin()
  t.after(async () => {
    isAlive.yes = false
    await Promise.all([invocations.stop(), clock.advance(60_000)])
    await database.close()
  })
  let ids = 0
  const rigged: Rig = {
    clock,
    get invocations() {
      return invocations
    },
    targets,
    database,
    runs,
    metrics,
    faults,
    functions: byName,
    accept: async (functionName, event, more) => {
      const requestId = `request-${++ids}`
      const payload = Buffer.from(JSON.stringify(event))
      await invocations.accept({ ...WHERE, functionName, requestId, payload, ...more })
      return requestId
    },
    pass: async (ms, stepMs = 1000) => {
      await invocations.idle()
      for (let passed = 0; passed < ms; passed += stepMs) {
        await clock.advance(Math.min(stepMs, ms - passed))
        await invocations.idle()
      }
    },
    left: async () => {
      const { rows } = await database.kysely
        .withTables<{ async_queue: { id: string } }>()
        .selectFrom('async_queue')
        .select('id')
        .execute()
        .then((rows) => ({ rows }))
      return rows.length
    },
    count: (name) => metrics.filter((metric) => metric.name === name).length,
    dieAndRestart: async () => {
      isAlive.yes = false
      const dead = invocations
      invocations = begin()
      // What the dead one would still write comes to nothing: it is stopped, and its claims are void.
      await Promise.all([dead.stop(), clock.advance(6000)])
      return invocations
    },
  }
  return rigged
}

function functionVersion(name: string): FunctionVersion {
  return {
    ...WHERE,
    revision: name,
    name,
    version: '$LATEST',
    arn: arnOf('lambda', `function:${name}`),
    roleArn: arnOf('iam', 'role/r'),
    runtime: 'nodejs24.x',
    architecture: 'x86_64',
    handler: 'index.handler',
    codeBlob: '',
    memoryMb: 128,
    timeoutMs: 3000,
    ephemeralStorageMb: 512,
    variables: {},
    logging: { format: 'Text', group: `/aws/lambda/${name}` },
  }
}
