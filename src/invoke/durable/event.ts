import type { ErrorObject } from './execution.ts'
import type { Operation } from './operation.ts'

/** One entry of an execution's history; `details` are the members that the API shows under `<type>Details`. */
export interface HistoryEvent {
  /** From 1, without gaps. */
  readonly id: number
  readonly type: EventType
  readonly at: number
  readonly operationId?: string
  readonly name?: string
  readonly parentId?: string
  readonly subType?: string
  readonly details: EventDetails
}

export type EventType =
  | `Execution${'Started' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Stopped'}`
  | `Context${'Started' | 'Succeeded' | 'Failed'}`
  | `Wait${'Started' | 'Succeeded' | 'Cancelled'}`
  | `Step${'Started' | 'Succeeded' | 'Failed'}`
  | `ChainedInvoke${'Started' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Stopped'}`
  | `Callback${'Started' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | 'InvocationCompleted'

/** In the API's spelling, payloads bare: how much of them is shown is decided when they are. */
export interface EventDetails {
  readonly Input?: string | undefined
  readonly Result?: string | undefined
  readonly Error?: ErrorObject | undefined
  readonly ExecutionTimeout?: number
  readonly Duration?: number
  readonly ScheduledEndTimestamp?: number
  readonly RetryDetails?: { readonly CurrentAttempt: number; readonly NextAttemptDelaySeconds?: number }
  readonly CallbackId?: string
  readonly Timeout?: number
  readonly HeartbeatTimeout?: number
  readonly FunctionName?: string
  readonly ExecutedVersion?: string
  readonly DurableExecutionArn?: string
  readonly StartTimestamp?: number
  readonly EndTimestamp?: number
  readonly RequestId?: string
}

/** What of an operation stands in its events. */
export function headOf({ id, name, parentId, subType }: Operation): Partial<HistoryEvent> {
  return {
    operationId: id,
    ...(name !== undefined && { name }),
    ...(parentId !== undefined && { parentId }),
    ...(subType !== undefined && { subType }),
  }
}
