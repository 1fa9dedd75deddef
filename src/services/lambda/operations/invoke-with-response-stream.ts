import type {
  InvokeWithResponseStreamCompleteEvent,
  InvokeWithResponseStreamResponseEvent,
} from '@aws-sdk/client-lambda'
import type { Call, Operation } from '../../../aws/operation.ts'
import type { Clock } from '../../../base/clock.ts'
import type { InvokeResult } from '../../../invoke/invoke.ts'
import { ResponsePipe } from '../../../invoke/stream/response-pipe.ts'
import type { Outcome } from '../../../wire/invocation.ts'
import { cannotMakeEnvironment, durableDoesNotStream, tailNotSupported } from '../invoke-errors.ts'
import { decodeClientContext, invokeRequest } from '../invoke-request.ts'
import { assertJson } from '../json-payload.ts'
import { checkTenant } from '../tenants.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { EMPTY_EVENT, type InvokeOperationDeps } from './invoke.ts'

export interface ResponseStreamDeps extends InvokeOperationDeps {
  readonly clock: Clock
  /** Of a streamed response behind its first 6 MB; 0: no limit. */
  readonly streamBytesPerSecond: number
}

type Output = LambdaOutput<'InvokeWithResponseStream'>
type Complete = InvokeWithResponseStreamCompleteEvent
type StreamEvents = AsyncGenerator<InvokeWithResponseStreamResponseEvent>
type Whole = Exclude<Outcome, { kind: 'platform-error' }>

/**
 * Runs a function and answers with its response as it comes (AWS Lambda API Reference, "InvokeWithResponseStream"). A
 * function that does not stream is answered in one chunk.
 */
export const invokeWithResponseStream: Operation<
  ResponseStreamDeps,
  LambdaInput<'InvokeWithResponseStream'>,
  Output
> = async (deps, input, call) => {
  const clientContext = decodeClientContext(input.ClientContext)
  const resolved = await deps.directory.resolve(call, input.FunctionName ?? '', input.Qualifier)
  checkTenant(resolved.fn.tenantIsolation, input.TenantId)
  if (resolved.durable !== undefined) throw durableDoesNotStream()
  if (resolved.fn.managed !== undefined && input.LogType === 'Tail') throw tailNotSupported()
  if (input.InvocationType === 'DryRun') return { StatusCode: 204 }
  const payload = input.Payload?.length ? input.Payload : EMPTY_EVENT
  assertJson(payload)

  const pipe = new ResponsePipe({ clock: deps.clock, bytesPerSecond: deps.streamBytesPerSecond })
  const request = invokeRequest(deps, { resolved, payload, clientContext }, input, call)
  const running = deps.invoke({ ...request, stream: pipe }).finally(() => pipe.end())
  await Promise.race([running, pipe.begun])
  abandonWith(call, pipe)
  const events = pipe.hasBegun ? streamed(pipe, running) : inOneChunk(await running)
  return { StatusCode: 200, ExecutedVersion: resolved.executedVersion, EventStream: events }
}

/** The function goes on when its caller is gone. */
function abandonWith({ signal }: Call, pipe: ResponsePipe): void {
  if (signal.aborted) pipe.abandon()
  else signal.addEventListener('abort', () => pipe.abandon(), { once: true })
}

async function* streamed(pipe: ResponsePipe, running: Promise<InvokeResult>): StreamEvents {
  for (let piece = await pipe.read(); piece !== undefined; piece = await pipe.read()) {
    yield { PayloadChunk: { Payload: piece } }
  }
  const { outcome, logTail } = await running
  yield { InvokeComplete: { ...errorWithin(outcome), ...logResult(logTail) } }
}

/** An error before the first byte is the payload of one chunk, as it is the payload of Invoke. */
function inOneChunk({ outcome, logTail }: InvokeResult): StreamEvents {
  if (outcome.kind === 'platform-error') throw cannotMakeEnvironment(outcome.code, outcome.message)
  return chunkAndEnd(outcome, logTail)
}

async function* chunkAndEnd(outcome: Whole, logTail: string | undefined): StreamEvents {
  if (outcome.payload.length > 0) yield { PayloadChunk: { Payload: outcome.payload } }
  const error = outcome.kind === 'function-error' && { ErrorCode: 'Unhandled', ErrorDetails: text(outcome) }
  yield { InvokeComplete: { ...error, ...logResult(logTail) } }
}

/**
 * As AWS's own server side has it (aws-lambda-runtime-interface-emulator, trailers of a streamed response): the type
 * of the error, and its JSON.
 */
function errorWithin(outcome: Outcome): Complete {
  if (outcome.kind === 'success') return {}
  if (outcome.kind === 'platform-error') return { ErrorCode: outcome.code, ErrorDetails: outcome.message }
  return { ErrorCode: outcome.errorType, ErrorDetails: text(outcome) }
}

function logResult(logTail: string | undefined): Complete {
  return logTail === undefined ? {} : { LogResult: logTail }
}

function text({ payload }: Whole): string {
  return Buffer.from(payload).toString()
}
