import type {
  ExtensionStatus,
  InitReport,
  InitStart,
  Report,
  RuntimeDone,
  Start,
  TelemetrySubscription,
  Tracing,
} from '../wire/platform-event.ts'

// The system's lines in the log format Text. Tabs, the one before a line's end too, are as AWS writes them:
// log processors split at them.

/** Nothing for a runtime without a version of AWS's making, as a container image has. */
export function initStartLine(record: InitStart): string | undefined {
  // An init that runs again inside an invocation is only reported.
  if (record.runtimeVersion === undefined || record.phase === 'invoke') return undefined
  const arn =
    record.runtimeVersionArn === undefined ? '' : `\tRuntime Version ARN: ${record.runtimeVersionArn}`
  return `INIT_START Runtime Version: ${record.runtimeVersion}${arn}\n`
}

/** On demand, only an init that failed is reported. */
export function initReportLine(record: InitReport): string | undefined {
  const isQuiet =
    record.initializationType === 'on-demand' || record.initializationType === 'lambda-managed-instances'
  if (record.status === 'success' && isQuiet) return undefined
  const fields = [
    `INIT_REPORT Init Duration: ${record.metrics.durationMs.toFixed(2)} ms`,
    `Phase: ${record.phase}`,
  ]
  if (record.status === 'timeout') fields.push('Status: timeout')
  else if (record.status !== 'success') fields.push('Status: error')
  if (record.errorType !== undefined && record.status !== 'timeout')
    fields.push(`Error Type: ${record.errorType}`)
  return `${fields.join('\t')}\n`
}

export function extensionLine({ name, state, events, errorType }: ExtensionStatus): string {
  const error = errorType === undefined ? '' : `\tError Type: ${errorType}`
  return `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${events.join(', ')}]${error}\n`
}

export function subscriptionLine(
  api: 'TELEMETRY' | 'LOGS',
  { name, state, types }: TelemetrySubscription,
): string {
  const names = types.map((type) => `${type.slice(0, 1).toUpperCase()}${type.slice(1)}`)
  return `${api}\tName: ${name}\tState: ${state}\tTypes: [${names.join(', ')}]\n`
}

export function startLine(record: Start): string {
  return `START RequestId: ${record.requestId} Version: ${record.version}\n`
}

/**
 * What the older log style says between START and END of an invocation that timed out or crashed. The newer
 * style has it in REPORT's Status alone; many tools look for these lines, so we write both.
 */
export function failureLine(record: RuntimeDone, time: string, timeoutMs: number): string | undefined {
  if (record.status === 'timeout')
    return `${time} ${record.requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds\n\n`
  if (record.status !== 'error') return undefined
  const message = record.errorMessage ?? 'Runtime exited with error'
  return `RequestId: ${record.requestId} Error: ${message}\n${record.errorType ?? 'Runtime.Unknown'}\n`
}

export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}\n`
}

/** REPORT, and in the same event the line that leads to the trace, where there is one. */
export function reportLine(record: Report): string {
  const { durationMs, billedDurationMs, memorySizeMB, maxMemoryUsedMB, initDurationMs } = record.metrics
  return (
    `REPORT RequestId: ${record.requestId}\tDuration: ${durationMs.toFixed(2)} ms\t` +
    `Billed Duration: ${billedDurationMs} ms\tMemory Size: ${memorySizeMB} MB\t` +
    `Max Memory Used: ${maxMemoryUsedMB} MB\t` +
    (initDurationMs === undefined ? '' : `Init Duration: ${initDurationMs.toFixed(2)} ms\t`) +
    `${statusField(record)}\n${record.tracing === undefined ? '' : traceLine(record.tracing)}`
  )
}

/** An error that the handler returned is no failure of the invocation: it has no status in text. */
function statusField({ status, errorType }: Report): string {
  if (status === 'timeout') return 'Status: timeout'
  if (status !== 'error') return ''
  return `Status: error\tError Type: ${errorType ?? 'Runtime.Unknown'}`
}

function traceLine(tracing: Tracing): string {
  const fields = new Map(tracing.value.split(';').map((part) => part.split('=', 2) as [string, string]))
  if (fields.get('Sampled') !== '1') return ''
  const segment = fields.get('Parent') ?? ''
  return `XRAY TraceId: ${fields.get('Root') ?? ''}\tSegmentId: ${segment}\tSampled: true\t\n`
}
