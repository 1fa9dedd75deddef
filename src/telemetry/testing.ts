import { VirtualClock } from '../base/clock.ts'
import type { FunctionVersion, Logging } from '../wire/function-version.ts'
import type { LogEvent, LogTarget } from '../wire/log-event.ts'
import type { Report, RuntimeDone, Status } from '../wire/platform-event.ts'
import type { EnvironmentSource } from '../wire/worker.ts'
import { createTelemetry, type Telemetry, type TelemetrySettings } from './telemetry.ts'

export const REQUEST = '9be2a1c4-0000-4000-8000-000000000001'
export const TIME = '2026-01-01T00:00:00.000Z'
const METRICS = { durationMs: 2.514, billedDurationMs: 106, memorySizeMB: 128, maxMemoryUsedMB: 67 }

/** A telemetry whose log lines are kept, and an environment that speaks to it. */
export interface Rig {
  readonly clock: VirtualClock
  readonly telemetry: Telemetry
  readonly source: EnvironmentSource
  readonly events: (LogTarget & LogEvent)[]
  /** The messages so far, one after the other. */
  text(): string
  write(text: string | Uint8Array): Promise<void> | undefined
  start(tracing?: string): void
  done(status?: Status, more?: Partial<RuntimeDone>): void
  report(status?: Status, more?: ReportMore): void
}

type ReportMore = Omit<Partial<Report>, 'metrics'> & { readonly metrics?: Partial<Report['metrics']> }

export interface RigOptions {
  readonly logging?: Partial<Logging>
  readonly settings?: TelemetrySettings
  readonly full?: () => Promise<void> | undefined
}

export function telemetryRig({ logging, settings = {}, full = () => undefined }: RigOptions = {}): Rig {
  const clock = new VirtualClock()
  const events: (LogTarget & LogEvent)[] = []
  const telemetry = createTelemetry({
    clock,
    settings,
    appendLogs: (target, added) => {
      for (const event of added) events.push({ ...target, ...event })
      return full()
    },
  })
  const source = environment('e1', logging)
  return {
    clock,
    telemetry,
    source,
    events,
    text: () => events.map(({ message }) => message).join(''),
    write: (text) => telemetry.output(source, typeof text === 'string' ? Buffer.from(text) : text),
    start: (value) =>
      telemetry.event(source, {
        time: TIME,
        type: 'platform.start',
        record: {
          requestId: REQUEST,
          version: '$LATEST',
          ...(value && { tracing: { type: 'X-Amzn-Trace-Id', value } }),
        },
      }),
    done: (status = 'success', more = {}) =>
      telemetry.event(source, {
        time: TIME,
        type: 'platform.runtimeDone',
        record: { requestId: REQUEST, status, metrics: { durationMs: 2.5 }, ...more },
      }),
    report: (status = 'success', more = {}) =>
      telemetry.event(source, {
        time: TIME,
        type: 'platform.report',
        record: { requestId: REQUEST, status, ...more, metrics: { ...METRICS, ...more.metrics } },
      }),
  }
}

export function environment(id: string, logging: Partial<Logging> = {}): EnvironmentSource {
  const fn: FunctionVersion = {
    revision: 'r1',
    accountId: '111111111111',
    region: 'us-east-1',
    name: 'f',
    version: '$LATEST',
    arn: 'arn:aws:lambda:us-east-1:111111111111:function:f',
    roleArn: 'arn:aws:iam::111111111111:role/r',
    runtime: 'python3.12',
    architecture: 'x86_64',
    handler: 'app.handler',
    codeBlob: '',
    memoryMb: 128,
    timeoutMs: 3000,
    ephemeralStorageMb: 512,
    variables: {},
    logging: { format: 'Text', group: '/aws/lambda/f', ...logging },
  }
  return { environmentId: id, fn, logStream: `2026/01/01/[$LATEST]${id}` }
}
