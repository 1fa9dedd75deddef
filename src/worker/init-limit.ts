import type { FunctionVersion } from '../wire/function-version.ts'
import type { InitializationType } from '../wire/platform-event.ts'
import type { WorkerSettings } from './settings.ts'

/** For an init that runs ahead of invocations: so long, or as long as the function's timeout, up to the second. */
const AHEAD_MS = 130_000
const AHEAD_MS_MAX = 900_000

/** How long an init may take. AWS Lambda Developer Guide, "Lambda execution environment": who waits gets less. */
export function initLimitMs(
  { timeoutMs }: Pick<FunctionVersion, 'timeoutMs'>,
  initializationType: InitializationType,
  { initTimeoutMs }: Pick<WorkerSettings, 'initTimeoutMs'>,
): number {
  if (initializationType === 'on-demand') return initTimeoutMs
  return Math.min(AHEAD_MS_MAX, Math.max(AHEAD_MS, timeoutMs))
}
