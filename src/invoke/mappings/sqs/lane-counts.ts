import type { LaneCounts } from '../lanes.ts'
import type { MappedFunction, Mapping } from '../mapping.ts'

/** AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings". */
const LEAST = 5
const MOST = 1250
const PER_SECOND = 300 / 60
/** "Using provisioned mode with an Amazon SQS event source mapping". */
const OF_A_POLLER = 10
const PROVISIONED_PER_SECOND = Math.round(1000 / 60)

export function laneCounts(mapping: Mapping, fn: MappedFunction | undefined): LaneCounts {
  const { provisionedPollers, maximumConcurrency = MOST } = mapping
  const ofFunction = Math.max(1, fn?.concurrencyMax ?? LEAST)
  if (provisionedPollers !== undefined) {
    const most = Math.min(OF_A_POLLER * provisionedPollers.maximum, ofFunction)
    const least = Math.min(OF_A_POLLER * provisionedPollers.minimum, most)
    return { least, most, perSecond: PROVISIONED_PER_SECOND }
  }
  const most = Math.min(maximumConcurrency, MOST, ofFunction)
  return { least: Math.min(LEAST, most), most, perSecond: PER_SECOND }
}
