import type { Sender } from './delivery.ts'

export interface FunctionCall {
  /** JSON. */
  readonly payload: Uint8Array
  /** `Event` resolves once the event is durable, `RequestResponse` with the function's answer. */
  readonly type: 'Event' | 'RequestResponse'
  readonly clientContext?: string
  readonly traceHeader?: string
  readonly tenantId?: string
}

export interface FunctionAnswer {
  readonly requestId: string
  /** Of RequestResponse: what the handler returned, or its error as JSON. */
  readonly payload?: Uint8Array
  /** `Unhandled` where the function failed. */
  readonly functionError?: string
  readonly executedVersion?: string
}

/** What other services ask of Lambda. All throw `DeliveryError`: `Throttled` where no concurrency is left. */
export interface LambdaPort {
  /** `functionArn` may name a version or an alias. The function's resource policy is held against `sender`. */
  invoke(functionArn: string, call: FunctionCall, sender: Sender): Promise<FunctionAnswer>
  /** Whether the function is there and its resource policy lets `sender` in: asked by those who check at configuration. */
  check(functionArn: string, sender: Sender): Promise<'ok' | 'NotFound' | 'AccessDenied'>
}
