import { AwsError } from '../../../aws/error.ts'
import type { Call } from '../../../aws/operation.ts'
import { unqualified } from '../../../invoke/durable/errors.ts'
import { type ErrorObject, executionArn } from '../../../invoke/durable/execution.ts'
import { ASYNC_BYTES_MAX, SYNC_BYTES_MAX, SYNC_TIMEOUT_SECONDS_MAX } from '../../../invoke/durable/limits.ts'
import type { Operation } from '../../../invoke/durable/operation.ts'
import type { ResolvedFunction } from '../directory.ts'
import { invalidParameter, notSupported } from '../errors.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import type { GetExecutions } from './deps.ts'

export interface InvokeDurableDeps {
  readonly executions: GetExecutions
  readonly newId: () => string
}

export interface DurableInvocation {
  readonly resolved: ResolvedFunction
  readonly durable: NonNullable<ResolvedFunction['durable']>
  /** JSON. */
  readonly payload: Uint8Array
  readonly clientContext: string | undefined
}

/**
 * Invoke, of a durable function: begins an execution, or finds the one of that name; waits for its end, or,
 * for `Event`, only until it is durable (Lambda Developer Guide, "Invoking durable Lambda functions").
 */
export async function invokeDurable(
  { executions, newId }: InvokeDurableDeps,
  input: LambdaInput<'Invoke'>,
  invocation: DurableInvocation,
  call: Pick<Call, 'accountId' | 'region' | 'traceHeader' | 'signal'>,
): Promise<LambdaOutput<'Invoke'>> {
  const { resolved, durable, payload, clientContext } = invocation
  const isEvent = input.InvocationType === 'Event'
  refuse(input, invocation)
  if (input.InvocationType === 'DryRun') return { StatusCode: 204 }

  const running = await executions()
  const execution = await running.begin({
    id: newId(),
    accountId: call.accountId,
    region: call.region,
    functionName: resolved.fn.name,
    version: resolved.executedVersion,
    name: input.DurableExecutionName ?? newId(),
    ...durable,
    resultBytesMax: isEvent ? ASYNC_BYTES_MAX : SYNC_BYTES_MAX,
    input: Buffer.from(payload).toString(),
    ...(clientContext !== undefined && { clientContext }),
    ...(call.traceHeader !== undefined && { traceHeader: call.traceHeader }),
  })
  const DurableExecutionArn = executionArn(execution)
  if (isEvent) return { StatusCode: 202, DurableExecutionArn }
  const ended = await running.ended(execution, call.signal)
  return {
    StatusCode: 200,
    ExecutedVersion: execution.version,
    DurableExecutionArn,
    ...(ended.execution.status !== 'SUCCEEDED' && { FunctionError: 'Unhandled' }),
    // The client's own blob type has conveniences that bytes lack.
    Payload: payloadOf(ended.root) as never,
  }
}

function refuse(input: LambdaInput<'Invoke'>, { resolved, durable, payload }: DurableInvocation): void {
  if (!resolved.isQualified) throw unqualified()
  const isEvent = input.InvocationType === 'Event'
  if (!isEvent && durable.timeoutSeconds > SYNC_TIMEOUT_SECONDS_MAX) throw runsTooLong()
  if (isEvent && payload.length > ASYNC_BYTES_MAX) throw eventTooLarge(payload.length)
  // An execution has the logs of many invocations, on whichever nodes they ran.
  if (input.LogType === 'Tail') throw notSupported('LogType Tail of durable functions')
}

function payloadOf(root: Operation | undefined): Buffer {
  if (root?.error === undefined) return Buffer.from(root?.result ?? 'null')
  const { ErrorMessage, ErrorType, ErrorData, StackTrace }: ErrorObject = root.error
  return Buffer.from(
    JSON.stringify({
      errorMessage: ErrorMessage,
      errorType: ErrorType,
      errorData: ErrorData,
      stackTrace: StackTrace,
    }),
  )
}

function runsTooLong() {
  return invalidParameter(
    'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
  )
}

function eventTooLarge(bytes: number): AwsError {
  return new AwsError(
    'RequestEntityTooLargeException',
    `${bytes} byte payload is too large for the Event invocation type (limit ${ASYNC_BYTES_MAX} bytes)`,
    { status: 413 },
  )
}
