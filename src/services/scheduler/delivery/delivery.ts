import type { NewItem } from '../../../store/outbox/outbox.ts'
import { type Schedule, scheduleArn, type Target } from '../schedule.ts'

/** An invocation of a target: all that it takes, so that later changes of the schedule do not matter. */
export interface Delivery {
  readonly accountId: string
  readonly region: string
  readonly scheduleArn: string
  /** Milliseconds since the epoch. */
  readonly scheduledAt: number
  readonly executionId: string
  readonly target: Target
}

export function deliveryOf({
  schedule,
  ...known
}: Omit<Delivery, 'scheduleArn' | 'target'> & { readonly schedule: Schedule }): NewItem {
  const arn = scheduleArn(known, schedule)
  const delivery: Delivery = { ...known, scheduleArn: arn, target: schedule.target }
  return { lane: arn, body: JSON.stringify(delivery) }
}
