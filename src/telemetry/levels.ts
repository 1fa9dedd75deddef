import type { InitReport, PlatformEvent, Status } from '../wire/platform-event.ts'

/** From the least to the most severe (Developer Guide, "Log-level filtering"). */
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const
export type Level = (typeof LEVELS)[number]

export function isAtLeast(level: Level, wanted: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(wanted)
}

/** The level of `text` in any case; what is none counts as INFO. */
export function levelOf(text: unknown): Level {
  if (typeof text !== 'string') return 'INFO'
  return LEVELS.find((level) => level === text.toUpperCase()) ?? 'INFO'
}

/** The level of a platform event (Developer Guide, table "System log level event mapping"). */
export function systemLevelOf(event: PlatformEvent): 'DEBUG' | 'INFO' | 'WARN' {
  switch (event.type) {
    case 'platform.initStart':
      return event.record.runtimeVersion === undefined ? 'DEBUG' : 'INFO'
    case 'platform.restoreStart':
      return event.record.runtimeVersion === undefined ? 'DEBUG' : 'INFO'
    case 'platform.restoreReport':
      return levelOfStatus(event.record.status, 'INFO')
    case 'platform.initReport':
      return initReportLevel(event.record)
    case 'platform.start':
      return 'INFO'
    case 'platform.report':
      return levelOfStatus(event.record.status, 'INFO')
    case 'platform.initRuntimeDone':
    case 'platform.restoreRuntimeDone':
    case 'platform.runtimeDone':
      return levelOfStatus(event.record.status, 'DEBUG')
    case 'platform.extension':
      return event.record.errorType === undefined ? 'INFO' : 'WARN'
    case 'platform.telemetrySubscription':
    case 'platform.logsSubscription':
      return 'INFO'
    case 'platform.logsDropped':
      return 'WARN'
  }
}

function initReportLevel({ status, initializationType }: InitReport): 'DEBUG' | 'INFO' | 'WARN' {
  return levelOfStatus(status, initializationType === 'on-demand' ? 'DEBUG' : 'INFO')
}

function levelOfStatus(status: Status, whenSuccess: 'DEBUG' | 'INFO'): 'DEBUG' | 'INFO' | 'WARN' {
  return status === 'success' ? whenSuccess : 'WARN'
}
