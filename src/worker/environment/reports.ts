import type { Clock } from '../../base/clock.ts'
import { isoTime } from '../../base/iso-time.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation } from '../../wire/invocation.ts'
import type {
  InitializationType,
  InitStart,
  PlatformEvent,
  Span,
  Status,
  Tracing,
} from '../../wire/platform-event.ts'

/** A platform event without its time, which is that of being reported. */
export type Untimed = PlatformEvent extends infer Each
  ? Each extends { time: string }
    ? Omit<Each, 'time'>
    : never
  : never

/** How an init or an invocation ended. */
export interface Ending {
  readonly status: Status
  readonly errorType?: string
  /** For the log in text format, and for the trace: in no other event than `platform.runtimeDone`. */
  readonly errorMessage?: string
  readonly errorCause?: string
}

export interface InitFacts {
  readonly fn: FunctionVersion
  readonly environmentId: string
  readonly initializationType: InitializationType
  readonly phase: 'init' | 'invoke'
}

export function initStart(facts: InitFacts, runtimeVersion?: string): Untimed {
  return { type: 'platform.initStart', record: initStartRecord(facts, runtimeVersion) }
}

function initStartRecord(
  { fn, environmentId, initializationType, phase }: InitFacts,
  runtimeVersion: string | undefined,
): InitStart {
  return {
    initializationType,
    phase,
    ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
    functionName: fn.name,
    functionArn: fn.arn,
    functionVersion: fn.version,
    instanceId: environmentId,
    instanceMaxMemory: fn.memoryMb * 2 ** 20,
  }
}

export function initRuntimeDone({ initializationType, phase }: InitFacts, ending: Ending): Untimed {
  return { type: 'platform.initRuntimeDone', record: { initializationType, phase, ...statusOf(ending) } }
}

export function initReport(
  { initializationType, phase }: InitFacts,
  ending: Ending,
  durationMs: number,
): Untimed {
  const metrics = { durationMs: rounded(durationMs) }
  return { type: 'platform.initReport', record: { initializationType, phase, ...statusOf(ending), metrics } }
}

export function restoreStart(facts: InitFacts, runtimeVersion?: string): Untimed {
  const { initializationType: _, phase: __, ...record } = initStartRecord(facts, runtimeVersion)
  return { type: 'platform.restoreStart', record }
}

export function restoreRuntimeDone(ending: Ending): Untimed {
  return { type: 'platform.restoreRuntimeDone', record: statusOf(ending) }
}

export function restoreReport(ending: Ending, durationMs: number): Untimed {
  const metrics = { durationMs: rounded(durationMs) }
  return { type: 'platform.restoreReport', record: { ...statusOf(ending), metrics } }
}

export function start(fn: FunctionVersion, invocation: Invocation): Untimed {
  return {
    type: 'platform.start',
    record: {
      ...namesOf(invocation),
      version: fn.version,
      ...(fn.managed && { functionArn: fn.arn }),
      ...tracingOf(invocation),
    },
  }
}

/** What there is to say of one invocation when the runtime is done with it. Times are `Clock.elapsed`. */
export interface RuntimeFacts {
  readonly invocation: Invocation
  readonly ending: Ending
  readonly startedAt: number
  /** When a response that is streamed began. */
  readonly respondedAt?: number | undefined
  /** Undefined: the runtime never answered. */
  readonly answeredAt: number | undefined
  readonly endedAt: number
  readonly producedBytes: number
}

/** What there is to say when it is over. */
export interface InvocationFacts extends RuntimeFacts {
  readonly fn: FunctionVersion
  /** Of the init that ran for this invocation. */
  readonly initMs: number | undefined
  /** Of the restore from a snapshot that ran for this invocation. */
  readonly restoreMs?: number | undefined
  readonly memoryMb: number
}

export function runtimeDone(facts: RuntimeFacts, clock: Clock): Untimed {
  const { answeredAt, producedBytes, ending, invocation } = facts
  const names = namesOf(invocation)
  const durationMs = durationOf(facts)
  if (answeredAt === undefined) {
    const produced = producedBytes > 0 && { producedBytes }
    const record = { ...names, ...ending, metrics: { durationMs, ...produced }, ...tracingOf(invocation) }
    return { type: 'platform.runtimeDone', record }
  }
  return {
    type: 'platform.runtimeDone',
    record: {
      ...names,
      ...ending,
      metrics: { durationMs, producedBytes },
      spans: spansOf(facts, answeredAt, clock),
      ...tracingOf(invocation),
    },
  }
}

/**
 * Since August 2025 the init is billed with the invocation that it ran for. `runtimeDoneAt` is there where
 * extensions were at work after it.
 */
export function report(facts: InvocationFacts, runtimeDoneAt: number | undefined, clock: Clock): Untimed {
  const durationMs = durationOf(facts)
  return {
    type: 'platform.report',
    record: {
      ...namesOf(facts.invocation),
      ...statusOf(facts.ending),
      metrics: { durationMs, ...(facts.fn.managed === undefined && billed(facts, durationMs)) },
      ...(runtimeDoneAt === undefined ? {} : { spans: [overhead(facts, runtimeDoneAt, clock)] }),
      ...tracingOf(facts.invocation),
    },
  }
}

function billed({ fn, initMs, restoreMs, memoryMb }: InvocationFacts, durationMs: number) {
  const initDurationMs = initMs === undefined ? undefined : rounded(initMs)
  const restoreDurationMs = restoreMs === undefined ? undefined : rounded(restoreMs)
  return {
    billedDurationMs: Math.ceil(durationMs + (initDurationMs ?? 0)),
    memorySizeMB: fn.memoryMb,
    maxMemoryUsedMB: memoryMb,
    ...(initDurationMs === undefined ? {} : { initDurationMs }),
    ...(restoreDurationMs === undefined
      ? {}
      : { restoreDurationMs, billedRestoreDurationMs: Math.ceil(restoreDurationMs) }),
  }
}

function statusOf({ status, errorType }: Ending): Pick<Ending, 'status' | 'errorType'> {
  return errorType === undefined ? { status } : { status, errorType }
}

function namesOf({ requestId, tenantId }: Invocation): { requestId: string; tenantId?: string } {
  return tenantId === undefined ? { requestId } : { requestId, tenantId }
}

function overhead({ endedAt }: InvocationFacts, runtimeDoneAt: number, clock: Clock): Span {
  const start = isoTime(Math.trunc(clock.now() - clock.elapsed() + runtimeDoneAt))
  return { name: 'extensionOverhead', start, durationMs: rounded(endedAt - runtimeDoneAt) }
}

function durationOf({ startedAt, endedAt }: RuntimeFacts): number {
  return rounded(endedAt - startedAt)
}

function spansOf({ startedAt, endedAt, ...facts }: RuntimeFacts, answeredAt: number, clock: Clock): Span[] {
  // What is not streamed is taken in one piece.
  const { respondedAt = answeredAt } = facts
  const wallClock = clock.now() - clock.elapsed()
  const at = (elapsed: number) => isoTime(Math.trunc(wallClock + elapsed))
  return [
    { name: 'responseLatency', start: at(startedAt), durationMs: rounded(respondedAt - startedAt) },
    { name: 'responseDuration', start: at(respondedAt), durationMs: rounded(answeredAt - respondedAt) },
    { name: 'runtimeOverhead', start: at(answeredAt), durationMs: rounded(endedAt - answeredAt) },
  ]
}

/** Only for what is traced: otherwise each log record would carry a trace that is nowhere. */
function tracingOf({ traceHeader }: Invocation): { tracing?: Tracing } {
  if (!traceHeader.includes('Sampled=1')) return {}
  return { tracing: { type: 'X-Amzn-Trace-Id', value: traceHeader } }
}

function rounded(ms: number): number {
  return Math.round(Math.max(0, ms) * 1000) / 1000
}
