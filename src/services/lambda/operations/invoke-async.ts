import { buffer } from 'node:stream/consumers'
import type { Operation } from '../../../aws/operation.ts'
import { invokeDurable } from '../durable/invoke.ts'
import { acceptEvent } from '../events.ts'
import { assertJson } from '../json-payload.ts'
import { checkTenant } from '../tenants.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { EMPTY_EVENT, type InvokeOperationDeps } from './invoke.ts'

/** The quota that Event invocations had when AWS deprecated the operation. */
const ARGUMENTS_BYTES_MAX = 262_144

/** Deprecated by AWS: Invoke with InvocationType Event does the same (AWS Lambda API Reference, "InvokeAsync"). */
export const invokeAsync: Operation<
  InvokeOperationDeps,
  LambdaInput<'InvokeAsync'>,
  LambdaOutput<'InvokeAsync'>
> = async (deps, input, call) => {
  const given = input.InvokeArgs === undefined ? EMPTY_EVENT : await buffer(input.InvokeArgs)
  const resolved = await deps.directory.resolve(call, input.FunctionName ?? '')
  checkTenant(resolved.fn.tenantIsolation, undefined)
  const payload = given.length > 0 ? given : EMPTY_EVENT
  assertJson(payload)
  if (resolved.durable === undefined) {
    const { requestId, traceHeader } = call
    const event = { requestId, payload, tenantId: undefined, traceHeader }
    await acceptEvent(deps.keepEvent, resolved, event, ARGUMENTS_BYTES_MAX)
  } else {
    const event = { FunctionName: input.FunctionName, InvocationType: 'Event' as const }
    const invocation = { resolved, durable: resolved.durable, payload, clientContext: undefined }
    await invokeDurable(deps, event, invocation, call)
  }
  return { Status: 202 }
}
