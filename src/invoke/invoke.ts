import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { ConcurrencyLimits } from '../placement/concurrency.ts'
import type { Placement } from '../placement/placement.ts'
import type { FunctionVersion } from '../wire/function-version.ts'
import type { Outcome } from '../wire/invocation.ts'
import type { RecordMetric } from '../wire/metric.ts'
import type { ResponseStream } from '../wire/response-stream.ts'
import { type RecursiveLoop, ROUNDS_MAX, recursiveInvocation } from './recursion.ts'
import { roundsOf, traceHeaderFor } from './trace-header.ts'

/** An event for a function, as whoever sends it knows it. */
export interface InvokeRequest {
  readonly fn: FunctionVersion
  readonly requestId: string
  readonly invokedFunctionArn: string
  /** JSON. */
  readonly payload: Uint8Array
  readonly limits: ConcurrencyLimits
  /** Decoded JSON text. */
  readonly clientContext?: string
  /** Of functions that isolate their tenants, and of no others. */
  readonly tenantId?: string
  /** As the caller sent it. */
  readonly traceHeader?: string
  /** Terminate where absent. */
  readonly recursiveLoop?: RecursiveLoop
  /** Whether the end of the invocation's log is wanted with the answer. */
  readonly wantsLogTail?: boolean
  /** Takes the response as it comes, where the function streams it. */
  readonly stream?: ResponseStream
}

export interface InvokeResult {
  readonly outcome: Outcome
  /** What the function got, for what is sent on its behalf. */
  readonly traceHeader: string
  /** Base64 of the last 4,096 bytes of the invocation's log, where it was wanted. */
  readonly logTail?: string
}

export interface InvokeDeps {
  readonly placement: Pick<Placement, 'invoke'>
  readonly clock: Clock
  readonly random: Random
  /** Collects the end of an invocation's log; to be called before the invocation begins. */
  readonly collectLogTail: (requestId: string) => LogTail
  readonly recordMetric: RecordMetric
}

export interface LogTail {
  /** Resolves when the invocation has been reported. */
  readonly text: Promise<string>
  /** For an invocation that never began. */
  discard(): void
}

/** What every source of events calls. */
export type Invoke = (request: InvokeRequest) => Promise<InvokeResult>

/**
 * Runs one event synchronously.
 *
 * @throws AwsError TooManyRequestsException where no concurrency is left, RecursiveInvocationException where the
 *   function has been invoked too often in one chain.
 */
export async function invoke(deps: InvokeDeps, request: InvokeRequest): Promise<InvokeResult> {
  refuseLoop(deps, request)
  if (request.wantsLogTail) return invokeWithLogTail(deps, request)
  return run(deps, request)
}

function refuseLoop(
  { clock, recordMetric }: InvokeDeps,
  { fn, traceHeader, ...request }: InvokeRequest,
): void {
  if (request.recursiveLoop === 'Allow' || roundsOf(fn.arn, traceHeader) < ROUNDS_MAX) return
  recordMetric({
    name: 'RecursiveInvocationsDropped',
    accountId: fn.accountId,
    region: fn.region,
    functionName: fn.name,
    value: 1,
    at: clock.now(),
  })
  throw recursiveInvocation()
}

async function invokeWithLogTail(deps: InvokeDeps, request: InvokeRequest): Promise<InvokeResult> {
  const tail = deps.collectLogTail(request.requestId)
  try {
    const result = await run(deps, request)
    if (result.outcome.kind === 'platform-error') return result
    return { ...result, logTail: await tail.text }
  } finally {
    tail.discard()
  }
}

async function run(deps: InvokeDeps, request: InvokeRequest): Promise<InvokeResult> {
  const traceHeader = traceHeaderFor(deps, request.fn.arn, request.traceHeader)
  const invocation = {
    requestId: request.requestId,
    invokedFunctionArn: request.invokedFunctionArn,
    payload: request.payload,
    traceHeader,
    ...(request.clientContext !== undefined && { clientContext: request.clientContext }),
    ...(request.tenantId !== undefined && { tenantId: request.tenantId }),
  }
  const { fn, limits, stream } = request
  return { outcome: await deps.placement.invoke(fn, invocation, limits, stream), traceHeader }
}
