import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { MetricName, RecordMetric } from '../../wire/metric.ts'
import type { Invoke, InvokeRequest } from '../invoke.ts'
import type { EventTarget } from './event.ts'
import type { QueueSettings } from './queue.ts'
import type { EventSettings } from './settings.ts'
import type { AsyncQueueStore } from './store.ts'

export interface AsyncDeps {
  readonly store: AsyncQueueStore
  readonly clock: Clock
  readonly random: Random
  readonly switchboard: Switchboard
  readonly invoke: Invoke
  /** As it stands now; undefined where it is gone. Throws an AwsError where it is there and cannot be run. */
  readonly find: (target: EventTarget) => Promise<FoundFunction | undefined>
  readonly recordMetric: RecordMetric
  readonly reportFault: (error: unknown) => void
  readonly settings?: Partial<QueueSettings>
  /** Whether this process has no rest: events then give way to what somebody waits for. */
  readonly isSaturated?: () => boolean
}

/** What is known of a function when an event for it is at hand. */
export interface FoundFunction {
  /** All that Invoke wants to be told but the event's own. */
  readonly request: Pick<InvokeRequest, 'fn' | 'invokedFunctionArn' | 'limits' | 'recursiveLoop'>
  /** `$LATEST` or a number. */
  readonly executedVersion: string
  readonly settings: EventSettings
}

/** Records a measurement of the function that `target` names. */
export function record(
  { clock, recordMetric }: Pick<AsyncDeps, 'clock' | 'recordMetric'>,
  name: MetricName,
  { accountId, region, functionName, qualifier }: EventTarget,
  value = 1,
): void {
  const at = clock.now()
  const named = qualifier !== undefined && { qualifier }
  recordMetric({ name, accountId, region, functionName, ...named, value, at })
}
