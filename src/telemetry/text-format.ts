import type {
  ExtensionStatus,
  InitReport,
  InitStart,
  Report,
  RestoreReport,
  RestoreStart,
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
  return `INIT_START ${versionFields(record)}\n`
}

/** A start from a snapshot. */
export function restoreStartLine(record: RestoreStart): string | undefined {
  return record.runtimeVersion === undefined ? undefined : `RESTORE_START ${versionFields(record)}\n`
}

function versionFields({ runtimeVersion, runtimeVersionArn }: RestoreStart): string {
  const arn = runtimeVersionArn === undefined ? '' : `\tRuntime Version ARN: ${runtimeVersionArn}`
  return `Runtime Version: ${runtimeVersion}${arn}`
}

/** On demand, only an init that failed is reported. */
export function initReportLine(record: InitReport): string | undefined {
  const isQuiet =
    record.initializationType === 'on-demand' || record.initializationType === 'lambda-managed-instances'
  if (record.status === 'success' && isQuiet) return undefined
  const fields = [
    `INIT_REPORT Init Duration: ${record.metrics.durationMs.toFixed(2)} ms`,
    `Phase: ${record.phase}`,
    ...endingFields(record),
  ]
  return `${fields.join('\t')}\n`
}

export function restoreReportLine(record: RestoreReport): string {
  const duration = `RESTORE_REPORT Restore Duration: ${record.metrics.durationMs.toFixed(2)} ms`
  return `${[duration, ...endingFields(record)].join('\t')}\n`
}

function endingFields({ status, errorType }: RestoreReport): string[] {
  if (status === 'success') return []
  if (status === 'timeout') return ['Status: timeout']
  return ['Status: error', ...(errorType === undefined ? [] : [`Error Type: ${errorType}`])]
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
  const { durationMs, billedDurationMs, memorySizeMB, maxMemoryUsedMB } = record.metrics
  return (
    `REPORT RequestId: ${record.requestId}\tDuration: ${durationMs.toFixed(2)} ms\t` +
    (billedDurationMs === undefined ? '' : `Billed Duration: ${billedDurationMs} ms\t`) +
    (memorySizeMB === undefined ? '' : `Memory Size: ${memorySizeMB} MB\t`) +
    (maxMemoryUsedMB === undefined ? '' : `Max Memory Used: ${maxMemoryUsedMB} MB\t`) +
    startFields(record.metrics) +
    `${statusField(record)}\n${record.tracing === undefined ? '' : traceLine(record.tracing)}`
  )
}

/** What came before the first invocation of an environment. */
function startFields({
  initDurationMs,
  restoreDurationMs,
  billedRestoreDurationMs,
}: Report['metrics']): string {
  if (initDurationMs !== undefined) return `Init Duration: ${initDurationMs.toFixed(2)} ms\t`
  if (restoreDurationMs === undefined) return ''
  return `Restore Duration: ${restoreDurationMs.toFixed(2)} ms\tBilled Restore Duration: ${billedRestoreDurationMs} ms\t`
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
