import type { Logging } from '../../wire/function-version.ts'
import { invalidParameter } from './errors.ts'
import type { LambdaInput, LambdaOutput } from './types.ts'

type LoggingInput = NonNullable<LambdaInput<'CreateFunction'>['LoggingConfig']>
type LoggingOutput = NonNullable<LambdaOutput<'GetFunctionConfiguration'>['LoggingConfig']>

export function defaultLogging(functionName: string): Logging {
  return { format: 'Text', group: `/aws/lambda/${functionName}` }
}

/** What there always is on managed instances, where lines of several invocations mix. */
export function jsonLogging(functionName: string): Logging {
  return readLogging(defaultLogging(functionName), { LogFormat: 'JSON' })
}

/** `current` with what `input` names changed. Levels exist with JSON only, where both default to INFO. */
export function readLogging(current: Logging, input: LoggingInput | undefined): Logging {
  if (input === undefined) return current
  const group = input.LogGroup ?? current.group
  const format = input.LogFormat ?? current.format
  if (format === 'Text') {
    if (input.ApplicationLogLevel !== undefined || input.SystemLogLevel !== undefined) throw levelsNeedJson()
    return { format, group }
  }
  return {
    format,
    group,
    applicationLevel: input.ApplicationLogLevel ?? current.applicationLevel ?? 'INFO',
    systemLevel: input.SystemLogLevel ?? current.systemLevel ?? 'INFO',
  }
}

export function showLogging(logging: Logging): LoggingOutput {
  return {
    LogFormat: logging.format,
    LogGroup: logging.group,
    ...(logging.applicationLevel && { ApplicationLogLevel: logging.applicationLevel }),
    ...(logging.systemLevel && { SystemLogLevel: logging.systemLevel }),
  }
}

function levelsNeedJson() {
  return invalidParameter('ApplicationLogLevel and SystemLogLevel can be set only where LogFormat is JSON.')
}
