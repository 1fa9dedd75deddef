import type { Call } from '../../aws/operation.ts'
import type { InvokeRequest } from '../../invoke/invoke.ts'
import type { FunctionDirectory, ResolvedFunction } from './directory.ts'
import { limitsOf } from './invocation-limits.ts'
import { clientContextIsNoJson } from './invoke-errors.ts'
import type { LambdaInput } from './types.ts'

/** What Invoke and InvokeWithResponseStream read alike. */
type Parameters = Pick<LambdaInput<'InvokeWithResponseStream'>, 'LogType' | 'TenantId'>

interface Event {
  readonly resolved: ResolvedFunction
  readonly payload: Uint8Array
  readonly clientContext: string | undefined
}

interface Limits {
  readonly directory: FunctionDirectory
  /** The account's limit on concurrent invocations. */
  readonly concurrency: number
}

/** AWS Lambda API Reference, "Invoke": the last 3 bytes of base64 are padding. */
const CLIENT_CONTEXT_BYTES_MAX = 3583

/** A call of the API as what is to be invoked. */
export function invokeRequest(
  limits: Limits,
  { resolved, payload, clientContext }: Event,
  { LogType, TenantId }: Parameters,
  call: Call,
): InvokeRequest {
  return {
    fn: resolved.fn,
    requestId: call.requestId,
    invokedFunctionArn: resolved.invokedFunctionArn,
    payload,
    limits: limitsOf(limits, resolved, call),
    wantsLogTail: LogType === 'Tail',
    ...(clientContext !== undefined && { clientContext }),
    ...(TenantId !== undefined && { tenantId: TenantId }),
    ...(call.traceHeader !== undefined && { traceHeader: call.traceHeader }),
    ...(resolved.recursiveLoop && { recursiveLoop: resolved.recursiveLoop }),
  }
}

/** @throws AwsError InvalidRequestContentException where it is no JSON object in base64. */
export function decodeClientContext(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  if (encoded.length > CLIENT_CONTEXT_BYTES_MAX || !isJsonObject(text)) throw clientContextIsNoJson()
  return text
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
