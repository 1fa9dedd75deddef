import type { LogRecord } from '../../wire/worker.ts'
import type { SandboxOutput } from '../sandbox/running.ts'
import { Lines } from '../telemetry-api/lines.ts'
import type { Life } from './life.ts'
import type { Run } from './run.ts'

/** What a run writes goes to the logs, and to who listens inside the environment. */
export function outputOf({ parts: { telemetry, source }, clock }: Life, run: Run): SandboxOutput {
  let full: Promise<void> | undefined
  // Extensions' lines are log events each: they must not be glued to an unfinished line of the function's.
  const lines = new Lines((line) => {
    const record: LogRecord = { timestamp: clock.now(), level: undefined, format: 'Text', text: `${line}\n` }
    full = telemetry.record(source, record) ?? full
  })
  return {
    output: (bytes) => {
      run.companions?.subscriptions.output('function', bytes)
      return telemetry.output(source, bytes)
    },
    record: (record) => {
      run.companions?.subscriptions.record(record)
      return telemetry.record(source, record)
    },
    extension: (bytes) => {
      full = undefined
      lines.push(bytes)
      run.companions?.subscriptions.output('extension', bytes)
      return full
    },
  }
}
