import type { Delivery } from './delivery.ts'

/** What a target is sent at its `attempt`-th attempt, which counts from 1. */
export function inputFor(delivery: Delivery, attempt: number): string {
  const { Input } = delivery.target
  return Input === undefined ? JSON.stringify(scheduledEvent(delivery)) : withValues(Input, delivery, attempt)
}

/** What a target gets without an input. The detail is a text, as recordings of AWS have it. */
function scheduledEvent({ executionId, accountId, region, scheduledAt, scheduleArn }: Delivery) {
  return {
    version: '0',
    id: executionId,
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: accountId,
    time: isoSeconds(scheduledAt),
    region,
    resources: [scheduleArn],
    detail: '{}',
  }
}

/** Fills in what schedules may ask for (EventBridge Scheduler User Guide, "Context attributes"). */
function withValues(input: string, delivery: Delivery, attempt: number): string {
  const values: Readonly<Record<string, string>> = {
    'aws.scheduler.schedule-arn': delivery.scheduleArn,
    'aws.scheduler.scheduled-time': isoSeconds(delivery.scheduledAt),
    'aws.scheduler.execution-id': delivery.executionId,
    'aws.scheduler.attempt-number': String(attempt),
  }
  return input.replace(/<(aws\.scheduler\.[a-z-]+)>/g, (whole, name: string) => values[name] ?? whole)
}

/** `2026-11-21T08:00:00Z` */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
