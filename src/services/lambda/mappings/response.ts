import type { LambdaOutput } from '../types.ts'
import { functionArnOf, mappingArn, type StoredMapping } from './mapping.ts'

/** As AWS shows a mapping of a queue: those of streams have more. */
export function showMapping(mapping: StoredMapping): LambdaOutput<'GetEventSourceMapping'> {
  const { settings } = mapping
  const { maximumConcurrency, provisionedPollers: pollers } = settings
  return {
    UUID: mapping.uuid,
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: settings.windowSeconds,
    EventSourceArn: mapping.sourceArn,
    ...(settings.filters.length > 0 && {
      FilterCriteria: { Filters: settings.filters.map((Pattern) => ({ Pattern })) },
    }),
    ...(maximumConcurrency !== undefined && { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
    ...(pollers && {
      ProvisionedPollerConfig: { MinimumPollers: pollers.minimum, MaximumPollers: pollers.maximum },
    }),
    FunctionArn: functionArnOf(mapping),
    FunctionResponseTypes: settings.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
    LastModified: new Date(mapping.lastModified),
    State: mapping.state,
    StateTransitionReason: 'USER_INITIATED',
    EventSourceMappingArn: mappingArn(mapping),
  }
}
