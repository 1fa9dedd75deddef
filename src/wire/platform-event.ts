/**
 * What happens in an execution environment, in the words of the Telemetry API's schema (AWS Lambda
 * Developer Guide, "Lambda Telemetry API Event schema reference"). All log formats, metrics and traces are
 * made from these. Times are ISO 8601 with milliseconds, durations milliseconds with a fraction.
 */
export type PlatformEvent =
  | PlatformRecord<'platform.initStart', InitStart>
  | PlatformRecord<'platform.initRuntimeDone', InitRuntimeDone>
  | PlatformRecord<'platform.initReport', InitReport>
  | PlatformRecord<'platform.restoreStart', RestoreStart>
  | PlatformRecord<'platform.restoreRuntimeDone', RestoreRuntimeDone>
  | PlatformRecord<'platform.restoreReport', RestoreReport>
  | PlatformRecord<'platform.start', Start>
  | PlatformRecord<'platform.runtimeDone', RuntimeDone>
  | PlatformRecord<'platform.report', Report>
  | PlatformRecord<'platform.extension', ExtensionStatus>
  | PlatformRecord<'platform.telemetrySubscription', TelemetrySubscription>
  | PlatformRecord<'platform.logsSubscription', TelemetrySubscription>
  | PlatformRecord<'platform.logsDropped', LogsDropped>

export interface PlatformRecord<Type extends string, Fields> {
  readonly time: string
  readonly type: Type
  readonly record: Fields
}

export type InitializationType =
  | 'on-demand'
  | 'provisioned-concurrency'
  | 'snap-start'
  | 'lambda-managed-instances'
/** `failure`: the handler returned an error; `error`: the runtime or an extension ended. */
export type Status = 'success' | 'failure' | 'error' | 'timeout'

export interface InitStart {
  readonly initializationType: InitializationType
  /** `invoke`: the init that is run again inside the first invocation. */
  readonly phase: 'init' | 'invoke'
  /** `python:3.12.v20`. */
  readonly runtimeVersion?: string
  readonly runtimeVersionArn?: string
  readonly functionName: string
  readonly functionArn?: string
  readonly functionVersion: string
  readonly instanceId: string
  /** Bytes. */
  readonly instanceMaxMemory: number
}

export interface InitRuntimeDone {
  readonly initializationType: InitializationType
  readonly phase: 'init' | 'invoke'
  readonly status: Status
  readonly errorType?: string
}

export interface InitReport extends InitRuntimeDone {
  readonly metrics: { readonly durationMs: number }
}

/** An environment starts from a snapshot. */
export type RestoreStart = Omit<InitStart, 'initializationType' | 'phase'>

export interface RestoreRuntimeDone {
  readonly status: Status
  readonly errorType?: string
}

export interface RestoreReport extends RestoreRuntimeDone {
  readonly metrics: { readonly durationMs: number }
}

export interface Start {
  readonly requestId: string
  readonly tenantId?: string
  readonly version: string
  /** On managed instances. */
  readonly functionArn?: string
  readonly tracing?: Tracing
}

export interface RuntimeDone {
  readonly requestId: string
  readonly tenantId?: string
  readonly status: Status
  readonly errorType?: string
  /**
   * `Runtime exited with error: signal: killed`: what the log in text format says of an `error`. Not a field
   * of AWS's schema, so the JSON format leaves it out.
   */
  readonly errorMessage?: string
  /** JSON by which the runtime explains its error, for the function's trace. Not a field of AWS's schema either. */
  readonly errorCause?: string
  readonly metrics: { readonly durationMs: number; readonly producedBytes?: number }
  readonly spans?: readonly Span[]
  readonly tracing?: Tracing
}

export interface Report {
  readonly requestId: string
  readonly tenantId?: string
  readonly status: Status
  readonly errorType?: string
  readonly metrics: InvocationMetrics
  /** How long extensions were at work after the runtime was done, where there are some. */
  readonly spans?: readonly Span[]
  readonly tracing?: Tracing
}

/** On managed instances the duration only: nothing is billed by it, and invocations share their memory. */
export interface InvocationMetrics {
  readonly durationMs: number
  readonly billedDurationMs?: number
  readonly memorySizeMB?: number
  readonly maxMemoryUsedMB?: number
  readonly initDurationMs?: number
  readonly restoreDurationMs?: number
  readonly billedRestoreDurationMs?: number
}

/** One extension, when init is over. */
export interface ExtensionStatus {
  readonly name: string
  /** `Ready`, or how far it came. */
  readonly state: string
  readonly events: readonly string[]
  readonly errorType?: string
}

/** An extension listens to what the environment tells. By the Logs API it is `platform.logsSubscription`. */
export interface TelemetrySubscription {
  readonly name: string
  readonly state: 'Subscribed'
  readonly types: readonly string[]
}

/** What a listening extension did not get. */
export interface LogsDropped {
  readonly droppedBytes: number
  readonly droppedRecords: number
  readonly reason: string
}

export interface Span {
  readonly name: 'responseLatency' | 'responseDuration' | 'runtimeOverhead' | 'extensionOverhead'
  readonly start: string
  readonly durationMs: number
}

export interface Tracing {
  readonly type: 'X-Amzn-Trace-Id'
  readonly value: string
}
