import type { ErrorObject } from './execution.ts'

export type OperationType = 'EXECUTION' | 'CONTEXT' | 'STEP' | 'WAIT' | 'CALLBACK' | 'CHAINED_INVOKE'
export type OperationAction = 'START' | 'SUCCEED' | 'FAIL' | 'RETRY' | 'CANCEL'
export type OperationStatus =
  | 'STARTED'
  | 'PENDING'
  | 'READY'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TIMED_OUT'
  | 'STOPPED'

/** One thing that an execution did or waits for, as the function named it. */
export interface Operation {
  /** The SDK's: unique within the execution. */
  readonly id: string
  readonly parentId?: string
  readonly name?: string
  readonly type: OperationType
  readonly subType?: string
  readonly status: OperationStatus
  readonly startedAt: number
  readonly endedAt?: number
  /** Of EXECUTION and CHAINED_INVOKE: the event, JSON text. */
  readonly input?: string
  readonly result?: string
  readonly error?: ErrorObject
  /** STEP: attempts that have ended. */
  readonly attempt?: number
  /** STEP that is PENDING: when it becomes READY. */
  readonly nextAttemptAt?: number
  /** WAIT. */
  readonly endsAt?: number
  /** CALLBACK, as all of the following. */
  readonly callbackId?: string
  readonly timesOutAt?: number
  readonly heartbeatSeconds?: number
  /** When the heartbeat is missed. */
  readonly heartbeatAt?: number
  /** CONTEXT: whether what happened in it is told to later invocations. */
  readonly replayChildren?: boolean
  /** CHAINED_INVOKE: whether its start stands in the history. */
  readonly isTold?: boolean
  /** CHAINED_INVOKE: the function as it was named. */
  readonly functionName?: string
}

/** Whether something outside the function will bring it to its end: an execution may be suspended on it. */
export function isAwaited({ type, status }: Pick<Operation, 'type' | 'status'>): boolean {
  if (type === 'STEP') return status === 'PENDING' || status === 'READY'
  return status === 'STARTED' && (type === 'WAIT' || type === 'CALLBACK' || type === 'CHAINED_INVOKE')
}

/** When time alone changes it. */
export function dueAt(operation: Operation): number | undefined {
  const { type, status, nextAttemptAt, endsAt, timesOutAt, heartbeatAt } = operation
  if (type === 'STEP' && status === 'PENDING') return nextAttemptAt
  if (status !== 'STARTED') return undefined
  if (type === 'WAIT') return endsAt
  return type === 'CALLBACK' ? earliest(timesOutAt, heartbeatAt) : undefined
}

export function earliest(...times: (number | null | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined && time !== null)
  return known.length === 0 ? undefined : Math.min(...known)
}
