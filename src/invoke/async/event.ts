import type { QueueEntry } from './entry.ts'

/** Which function an event is for, by the name that its sender used. */
export interface EventTarget {
  readonly accountId: string
  readonly region: string
  readonly functionName: string
  /** A version or an alias, where one was named. */
  readonly qualifier?: string
}

/** An asynchronous invocation, as it is kept between attempts. */
export interface AsyncEvent extends EventTarget {
  /** The same at every attempt. */
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  readonly traceHeader: string
  readonly tenantId?: string
  /** How often the function has run for it. */
  readonly runs: number
  /** How often in a row there was no capacity, or no environment. */
  readonly stalls: number
  /** Why it was not taken the last time, where it was not. */
  readonly refusal?: Refusal
  /** What the function answered the last time that it ran. */
  readonly response?: LastResponse
}

export interface Refusal {
  /** HTTP. */
  readonly status: number
  readonly message: string
}

export interface LastResponse {
  /** `$LATEST` or a number. */
  readonly executedVersion: string
  readonly isError: boolean
  /** As text: JSON, unless a runtime of the function's own wrote something else. */
  readonly payload: string
}

const PREFIX = 'event:'

/** All events of a function wait in one lane, whatever version or alias they name. */
export function eventLane({ accountId, region, functionName }: EventTarget): string {
  return `${PREFIX}${accountId}/${region}/${functionName}`
}

export function isEvent({ lane }: QueueEntry): boolean {
  return lane.startsWith(PREFIX)
}

export function readEvent({ detail }: Pick<QueueEntry, 'detail'>): AsyncEvent {
  return JSON.parse(detail)
}
