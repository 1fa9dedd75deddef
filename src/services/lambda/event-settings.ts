import { DEFAULT_EVENT_SETTINGS, type EventSettings } from '../../invoke/async/settings.ts'
import type { Configuration, EventConfig } from './function.ts'

/** What was set for the version or alias that an event names, and AWS's defaults for the rest. */
export function eventSettings(config: EventConfig | undefined, version: Configuration): EventSettings {
  const { deadLetterArn } = version
  const { onSuccess, onFailure } = config ?? {}
  return {
    retriesMax: config?.retriesMax ?? DEFAULT_EVENT_SETTINGS.retriesMax,
    ageMaxSeconds: config?.ageMaxSeconds ?? DEFAULT_EVENT_SETTINGS.ageMaxSeconds,
    ...(onSuccess !== undefined && { onSuccess }),
    ...(onFailure !== undefined && { onFailure }),
    ...(deadLetterArn !== undefined && { deadLetterArn }),
  }
}
