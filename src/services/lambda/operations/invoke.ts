import type { Operation } from '../../../aws/operation.ts'
import type { Input, Output } from '../../../aws/sdk-types.ts'
import type { Invoke } from '../../../invoke/invoke.ts'
import type { Outcome } from '../../../wire/invocation.ts'
import type { FunctionDirectory, ResolvedFunction } from '../directory.ts'
import { type InvokeDurableDeps, invokeDurable } from '../durable/invoke.ts'
import { acceptEvent, type KeepEvent } from '../events.ts'
import { cannotMakeEnvironment, notDurable, tailNotSupported } from '../invoke-errors.ts'
import { decodeClientContext, invokeRequest } from '../invoke-request.ts'
import { assertJson } from '../json-payload.ts'
import { checkTenant } from '../tenants.ts'

type Client = typeof import('@aws-sdk/client-lambda')
type InvokeInput = Input<Client, 'Invoke'>
type InvokeOutput = Output<Client, 'Invoke'>

export interface InvokeOperationDeps extends InvokeDurableDeps {
  readonly directory: FunctionDirectory
  readonly invoke: Invoke
  readonly keepEvent: KeepEvent
  /** The account's limit on concurrent invocations. */
  readonly concurrency: number
}

export const EMPTY_EVENT = Buffer.from('{}')

/** Runs a function and waits for its answer, or keeps an event for it (AWS Lambda API Reference, "Invoke"). */
export const invokeFunction: Operation<InvokeOperationDeps, InvokeInput, InvokeOutput> = async (
  deps,
  input,
  call,
) => {
  const clientContext = decodeClientContext(input.ClientContext)
  const resolved = await deps.directory.resolve(call, input.FunctionName ?? '', input.Qualifier)
  checkTenant(resolved.fn.tenantIsolation, input.TenantId)
  if (resolved.fn.managed !== undefined && input.LogType === 'Tail') throw tailNotSupported()
  const payload = input.Payload?.length ? input.Payload : EMPTY_EVENT
  const { durable } = resolved
  if (durable !== undefined) {
    assertJson(payload)
    return invokeDurable(deps, input, { resolved, durable, payload, clientContext }, call)
  }
  if (input.DurableExecutionName !== undefined) throw notDurable()
  if (input.InvocationType === 'DryRun') return { StatusCode: 204 }
  assertJson(payload)
  if (input.InvocationType === 'Event') {
    const { requestId, traceHeader } = call
    await acceptEvent(deps.keepEvent, resolved, { requestId, payload, tenantId: input.TenantId, traceHeader })
    return { StatusCode: 202 }
  }

  const request = invokeRequest(deps, { resolved, payload, clientContext }, input, call)
  const { outcome, logTail } = await deps.invoke(request)
  return answer(outcome, resolved, logTail)
}

function answer(outcome: Outcome, resolved: ResolvedFunction, logTail: string | undefined): InvokeOutput {
  if (outcome.kind === 'platform-error') throw cannotMakeEnvironment(outcome.code, outcome.message)
  return {
    StatusCode: 200,
    ExecutedVersion: resolved.executedVersion,
    Payload: outcome.payload as never, // the client's own blob type has conveniences that bytes lack
    ...(outcome.kind === 'function-error' && { FunctionError: 'Unhandled' }),
    ...(logTail !== undefined && { LogResult: logTail }),
  }
}
