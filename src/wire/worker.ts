import type { FunctionVersion } from './function-version.ts'
import type { Invocation, Outcome } from './invocation.ts'
import type { InitializationType, PlatformEvent } from './platform-event.ts'
import type { ResponseStream } from './response-stream.ts'

/** A host that runs execution environments. Placement decides which; the worker does it. */
export interface Worker {
  /**
   * Starts an environment: its init phase begins at once. Never throws: what goes wrong is the outcome of
   * its first invocation, as on AWS.
   */
  startEnvironment(fn: FunctionVersion, options: StartOptions): Environment
  /** What there is of memory now. Costs some ten microseconds: not for each invocation. */
  memory(): HostMemory
}

/** SnapStart, on this host. */
export interface Snapshotter {
  /** Runs a version's init, and keeps what it made for the environments that start from there. */
  takeSnapshot(fn: FunctionVersion): Promise<SnapshotOutcome>
}

/** `unsupported`: environments of it run their own init each. */
export type SnapshotOutcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'unsupported' }
  /** As AWS names it: `Runtime.ImportModuleError`; empty where there was no runtime to start. */
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string }

export interface HostMemory {
  /** What all environments hold, /tmp included; of the kind that cannot be given back. */
  readonly environmentsBytes: number
  /** What the machine, or the container, could still give to whoever asks. */
  readonly availableBytes: number
}

export interface StartOptions {
  readonly initializationType: InitializationType
  readonly listener: EnvironmentListener
}

/** What placement hears of an environment. Called synchronously, each change once. */
export interface EnvironmentListener {
  /**
   * It can take an invocation: init is over, whichever way it ended, or the last invocation is, with all
   * that came after it. Where init failed, the next invocation runs it again and has its error as outcome.
   */
  onFree(environment: Environment): void
  /** It takes no more invocations, and its resources are given back or about to be. */
  onGone(environment: Environment): void
}

export interface Environment {
  readonly id: string
  readonly fn: FunctionVersion
  /** False where init failed, or the runtime ended since: the next invocation runs init again. */
  readonly isInitialized: boolean
  /**
   * Runs one invocation. Resolves as soon as the response is there, to its end, which may be before the environment
   * is free again; never rejects. One at a time: a call before `onFree` is a defect of the caller. A runtime that
   * streams its response streams it to `stream`, where there is one.
   */
  invoke(invocation: Invocation, stream?: ResponseStream): Promise<Outcome>
  /**
   * Ends the environment: at once where it is starting or idle, after the running invocation where it is
   * not. `onGone` follows, maybe before this returns.
   */
  retire(): void
}

/** Of which environment an event or output is. */
export interface EnvironmentSource {
  readonly environmentId: string
  readonly fn: FunctionVersion
  /** `2026/11/21/[$LATEST]4f1c…`, made when the environment is. */
  readonly logStream: string
}

/**
 * Where a worker sends what environments do and say. Events and output of one environment arrive in the
 * order in which they happened: what a handler wrote before it answered comes before that invocation's
 * `platform.runtimeDone`.
 */
export interface TelemetrySink {
  event(source: EnvironmentSource, event: PlatformEvent): void
  /**
   * Bytes that the function wrote to stdout or stderr, not cut at lines. Where this returns a promise the
   * sink is full: the worker reads no more of this environment's output until it resolves.
   */
  output(source: EnvironmentSource, bytes: Uint8Array): Promise<void> | undefined

  /**
   * One log event that a runtime wrote to its framed log channel, newlines and all. Full as `output` is.
   */
  record(source: EnvironmentSource, record: LogRecord): Promise<void> | undefined

  /** Nothing more comes of this environment: what it wrote without a newline is a line now. */
  ended?(source: EnvironmentSource): void
}

/** A frame of the log channel (`_LAMBDA_TELEMETRY_LOG_FD`), decoded. */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL' | undefined
  readonly format: 'Text' | 'JSON'
  readonly text: string
}
