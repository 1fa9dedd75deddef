import { formatArn } from '../../aws/arn.ts'

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED'

/** An error as functions and callers give it; kept and handed on in AWS's spelling (API model, `ErrorObject`). */
export interface ErrorObject {
  readonly ErrorMessage?: string | undefined
  readonly ErrorType?: string | undefined
  readonly ErrorData?: string | undefined
  readonly StackTrace?: string[] | undefined
}

/** One run of a durable function, from its start until its retention ends. */
export interface Execution {
  /** A UUID: the last part of the ARN, and the id of its EXECUTION operation. */
  readonly id: string
  readonly accountId: string
  readonly region: string
  readonly functionName: string
  /** The version that all its invocations run: `$LATEST` or a number, whatever alias was named. */
  readonly version: string
  /** Unique among the executions of a function: the caller's idempotency key. */
  readonly name: string
  readonly status: ExecutionStatus
  /** Milliseconds since the epoch, as all times here. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly timeoutSeconds: number
  readonly retentionDays: number
  /** What its result may have: less where nobody waits for it (Lambda Developer Guide, "Lambda quotas"). */
  readonly resultBytesMax: number
  readonly inputSha256: string
  readonly traceHeader?: string
  /** Decoded JSON text. */
  readonly clientContext?: string
  /** The CHAINED_INVOKE that waits for it. */
  readonly parent?: { readonly executionId: string; readonly operationId: string }
  readonly progress: Progress
}

/** How far it has come, and what the function knows of that. */
export interface Progress {
  /** Grows with every change of an operation. */
  readonly changes: number
  /** Up to which of the changes the function was told. */
  readonly seen: number
  /** The id of the last event. */
  readonly events: number
  readonly operations: number
  /** Bytes of all payloads. */
  readonly bytes: number
  /** Whether the function is to be called even if nothing changed: at the start, and after a failure. */
  readonly isWanted: boolean
  /** Invocations that failed since the last that did not. */
  readonly failures: number
  /** Invocations that found no concurrency since the last that did. */
  readonly throttles: number
  /** The invocation under way, or that was when the node died. */
  readonly invocation?: RunningInvocation
}

export interface RunningInvocation {
  readonly requestId: string
  readonly startedAt: number
  /** Of the one checkpoint token that is good. */
  readonly sequence: number
  /** The checkpoint before, so that its repetition gets the same answer. */
  readonly last?: { readonly clientToken: string; readonly at: number; readonly seenBefore: number }
}

export function isClosed({ status }: { readonly status: ExecutionStatus }): boolean {
  return status !== 'RUNNING'
}

/** `…:function:NAME:VERSION`: what was invoked to start it. */
export function qualifiedArn(execution: Execution): string {
  const { region, accountId, functionName, version } = execution
  return formatArn({ service: 'lambda', region, accountId, resource: `function:${functionName}:${version}` })
}

export function executionArn(execution: Execution): string {
  return `${qualifiedArn(execution)}/durable-execution/${execution.name}/${execution.id}`
}

const ARN =
  /^arn:[\w-]+:lambda:(?<region>[\w-]+):(?<accountId>\d{12}):function:[\w-]+:(?:\$LATEST(?:\.PUBLISHED)?|\d+)\/durable-execution\/[\w-]+\/(?<id>[\w-]+)$/

/** The parts of an execution's ARN by which it is found; `undefined` where the text is none. */
export function readExecutionArn(
  text: string,
): { readonly id: string; readonly accountId: string; readonly region: string } | undefined {
  const { id, accountId, region } = ARN.exec(text)?.groups ?? {}
  return id === undefined || accountId === undefined || region === undefined
    ? undefined
    : { id, accountId, region }
}
