import type { TestContext } from 'node:test'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import type { OpenDatabase } from '../../store/testing.ts'
import type { Outcome } from '../../wire/invocation.ts'
import type { MetricEvent } from '../../wire/metric.ts'
import type { InvokeRequest } from '../invoke.ts'
import type { NewExecution } from './begin.ts'
import type { Checkpointed } from './checkpoint.ts'
import type { DurableDeps, Target } from './deps.ts'
import { type Execution, executionArn } from './execution.ts'
import { DurableExecutions } from './executions.ts'
import type { Operation } from './operation.ts'
import { createExecutionStore } from './store.sql.ts'
import type { OperationUpdate } from './update.ts'

export const SCOPE = { accountId: '123456789012', region: 'eu-central-1' }

/** What a function sees of one of its invocations. */
export interface Invocation {
  readonly requestId: string
  readonly operations: readonly {
    readonly Id: string
    readonly Type: string
    readonly Status: string
    readonly StepDetails?: { readonly Attempt?: number; readonly Result?: string }
  }[]
  readonly updated: readonly string[]
  checkpoint(...updates: OperationUpdate[]): Promise<Checkpointed>
  /** Of its next checkpoint. */
  token(): string
  /** Waits for the test. */
  hold<Result>(until: Promise<Result>): Promise<Result>
}

/** A function in the test's own words: what it returns is its answer, what it throws is an outcome or an error. */
export type Handler = (invocation: Invocation) => Promise<unknown>

export interface TestExecutions {
  readonly executions: DurableExecutions
  readonly clock: VirtualClock
  /** Invocations that have begun. */
  readonly invocations: Invocation[]
  readonly metrics: MetricEvent[]
  begin(input?: Partial<NewExecution>): Promise<Execution>
  find(execution: Execution): Promise<Execution>
  /** The execution, once it has ended at the time that it is. */
  ended(execution: Execution): Promise<Execution>
  operation(execution: Execution, id: string): Promise<Operation | undefined>
  /** `StepStarted a`, in their order. */
  events(execution: Execution): Promise<string[]>
  /** Moves time on, and lets what falls due happen at the end of it. */
  pass(seconds: number): Promise<void>
  /** Second by second, so that what follows from what fell due falls due in its own time. */
  passSlowly(seconds: number): Promise<void>
  /** Until nothing is under way but functions that wait for the test. */
  quiet(): Promise<void>
  /** Another node, or the same one after a crash: on the same database, with the same clock. */
  restarted(changes?: Partial<DurableDeps>): Promise<DurableExecutions>
}

export interface TestExecutionsOptions {
  readonly open: OpenDatabase
  readonly handler: Handler
  readonly deps?: Partial<DurableDeps>
}

/** Executions on a virtual clock, whose functions are the test's. */
export async function testExecutions(
  t: TestContext,
  { open, handler, deps }: TestExecutionsOptions,
): Promise<TestExecutions> {
  const database = await open()
  const clock = new VirtualClock()
  const invocations: Invocation[] = []
  const all: DurableExecutions[] = []
  const metrics: MetricEvent[] = []
  let held = 0
  let newest: DurableExecutions
  const hold = async <Result>(until: Promise<Result>): Promise<Result> => {
    held++
    try {
      return await until
    } finally {
      held--
    }
  }
  const invoke = async (request: InvokeRequest) => {
    const invocation = { ...read(newest, request), hold }
    invocations.push(invocation)
    return { outcome: await outcomeOf(handler, invocation), traceHeader: request.traceHeader ?? '' }
  }
  const random = seededRandom(t.name)
  const build = (changes?: Partial<DurableDeps>) =>
    new DurableExecutions({
      store: createExecutionStore(database),
      clock,
      random,
      invoke,
      resolve: async () => TARGET,
      isShared: false,
      recordMetric: (event) => metrics.push(event),
      events: { put: async () => ({ eventId: '' }) },
      reportFault: (error) => {
        throw error
      },
      ...deps,
      ...changes,
    })
  const start = async (changes?: Partial<DurableDeps>) => {
    newest = build(changes)
    all.push(newest)
    await newest.start()
    return newest
  }
  const executions = await start()
  t.after(async () => {
    for (const one of all) await one.stop()
    await database.close()
  })

  const isQuiet = () => {
    const counts = all.map((one) => one.counts())
    const running = counts.reduce((sum, count) => sum + count.running, 0)
    return counts.every(({ others }) => others === 0) && running <= held
  }
  const quiet = async () => {
    for (let quietFor = 0; quietFor < 3; quietFor = isQuiet() ? quietFor + 1 : 0) {
      await clock.advance(0)
      if (!isQuiet()) await realClock.sleep(1)
    }
  }
  const find = (execution: Execution) => newest.find(SCOPE, executionArn(execution))
  return {
    executions,
    clock,
    invocations,
    metrics,
    quiet,
    begin: (input) => newest.begin({ ...newExecution(random.uuid()), ...input }),
    find,
    ended: async (execution) => {
      for (;;) {
        await quiet()
        const found = await find(execution)
        if (found.status !== 'RUNNING') return found
      }
    },
    operation: (execution, id) => newest.store.operation(execution.id, id),
    events: async ({ id }) => {
      const found = await newest.store.events(id, { max: 1000, isNewestFirst: false })
      return found.map(({ type, operationId = '' }) => `${type} ${operationId}`.trim())
    },
    pass: async (seconds) => {
      await clock.advance(seconds * 1000)
      await quiet()
    },
    passSlowly: async (seconds) => {
      for (let passed = 0; passed < seconds; passed++) {
        await clock.advance(1000)
        await quiet()
      }
    },
    restarted: start,
  }
}

const TARGET: Target = {
  fn: { name: 'f', version: '$LATEST', arn: 'arn:aws:lambda:eu-central-1:123456789012:function:f' } as never,
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:f:$LATEST',
  limits: { reserved: undefined, unreserved: 1000 },
  isQualified: true,
}

export function newExecution(id: string): NewExecution {
  return {
    id,
    ...SCOPE,
    functionName: 'f',
    version: '$LATEST',
    name: id,
    timeoutSeconds: 3600,
    retentionDays: 2,
    resultBytesMax: 2 ** 20,
    input: '{"a":1}',
  }
}

function read(executions: DurableExecutions, request: InvokeRequest): Omit<Invocation, 'hold'> {
  const envelope = JSON.parse(Buffer.from(request.payload).toString())
  let token = envelope.CheckpointToken
  return {
    requestId: request.requestId,
    operations: envelope.InitialExecutionState?.Operations ?? [],
    updated: envelope.UpdatedOperationIds ?? [],
    token: () => token,
    checkpoint: async (...updates) => {
      const arn = envelope.DurableExecutionArn
      const answer = await executions.checkpoint(SCOPE, { arn, token, updates })
      token = answer.token
      return answer
    },
  }
}

async function outcomeOf(handler: Handler, invocation: Invocation): Promise<Outcome> {
  try {
    const answer = await handler(invocation)
    const payload = Buffer.from(JSON.stringify(answer) ?? 'null')
    return { kind: 'success', payload, contentType: 'application/json' }
  } catch (error) {
    if (error instanceof FunctionFailure) return error.outcome
    throw error
  }
}

/** Thrown by a handler: the invocation failed. */
export class FunctionFailure extends Error {
  readonly outcome: Outcome

  constructor(errorType: string, errorMessage: string) {
    super(errorMessage)
    const payload = Buffer.from(JSON.stringify({ errorType, errorMessage }))
    this.outcome = { kind: 'function-error', payload, errorType }
  }
}

// What functions do, in short.

export const PENDING = { Status: 'PENDING' }

export function succeeded(result: string) {
  return { Status: 'SUCCEEDED', Result: result }
}

export function step(
  Id: string,
  Action: OperationUpdate['Action'],
  more: OperationUpdate = {},
): OperationUpdate {
  return { Id, Type: 'STEP', SubType: 'Step', Action, ...more }
}

export function wait(Id: string, WaitSeconds: number): OperationUpdate {
  return { Id, Type: 'WAIT', SubType: 'Wait', Action: 'START', WaitOptions: { WaitSeconds } }
}
