import type { Clock } from '../../base/clock.ts'
import type { EnvironmentSource, LogRecord, TelemetrySink } from '../../wire/worker.ts'
import type { Companions } from '../extensions/companions.ts'
import type { SandboxOutput } from '../sandbox/running.ts'
import { Lines } from '../telemetry-api/lines.ts'

interface OutputParts {
  readonly telemetry: TelemetrySink
  readonly source: EnvironmentSource
  readonly clock: Clock
}

/** What a runtime and those beside it write goes to the logs, and to who listens inside the environment. */
export function outputOf(
  { telemetry, source, clock }: OutputParts,
  beside: { readonly companions: Companions | undefined },
): SandboxOutput {
  let full: Promise<void> | undefined
  // Extensions' lines are log events each: they must not be glued to an unfinished line of the function's.
  const lines = new Lines((line) => {
    const record: LogRecord = { timestamp: clock.now(), level: undefined, format: 'Text', text: `${line}\n` }
    full = telemetry.record(source, record) ?? full
  })
  return {
    output: (bytes) => {
      beside.companions?.subscriptions.output('function', bytes)
      return telemetry.output(source, bytes)
    },
    record: (record) => {
      beside.companions?.subscriptions.record(record)
      return telemetry.record(source, record)
    },
    extension: (bytes) => {
      full = undefined
      lines.push(bytes)
      beside.companions?.subscriptions.output('extension', bytes)
      return full
    },
  }
}
