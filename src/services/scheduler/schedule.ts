import { formatArn } from '../../aws/arn.ts'
import { nextTime, parseSchedule } from '../../aws/schedule/schedule.ts'
import type { Input } from '../../aws/sdk-types.ts'

export interface Scope {
  readonly accountId: string
  readonly region: string
}

/** Every account has it in every region, without anybody making it. */
export const DEFAULT_GROUP = 'default'

/** As CreateSchedule takes it. */
export type Target = NonNullable<
  Input<typeof import('@aws-sdk/client-scheduler'), 'CreateSchedule'>['Target']
> & {
  readonly Arn: string
  readonly RoleArn: string
}

export interface Schedule {
  readonly group: string
  readonly name: string
  readonly description?: string
  readonly expression: string
  readonly timeZone?: string
  /** Bounds of recurring schedules, milliseconds since the epoch. */
  readonly startsAt?: number
  readonly endsAt?: number
  readonly isEnabled: boolean
  /** Within how many minutes an invocation may come; 0: at its time. */
  readonly windowMinutes: number
  readonly target: Target
  /** Goes once it will not run any more. */
  readonly isDeletedAfterwards: boolean
  /** Of the call that made it: the same call again changes nothing. */
  readonly clientToken?: string
  readonly createdAt: number
  readonly modifiedAt: number
}

export interface Group {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly clientToken?: string
  readonly createdAt: number
  readonly modifiedAt: number
}

export function scheduleArn(
  { accountId, region }: Scope,
  { group, name }: Pick<Schedule, 'group' | 'name'>,
): string {
  return formatArn({ service: 'scheduler', region, accountId, resource: `schedule/${group}/${name}` })
}

export function groupArn({ accountId, region }: Scope, name: string): string {
  return formatArn({ service: 'scheduler', region, accountId, resource: `schedule-group/${name}` })
}

/**
 * When a schedule runs next, after `after`; undefined where it does not run any more. A rate begins with its
 * start, or as soon as it is made; `at` takes no notice of start and end (EventBridge Scheduler User Guide,
 * "Schedule types").
 */
export function nextRunOf(schedule: Schedule, after: number): number | undefined {
  if (!schedule.isEnabled) return undefined
  const { expression, timeZone, startsAt, endsAt, createdAt } = schedule
  const parsed = parseSchedule(expression, 'scheduler')
  const zone = timeZone === undefined ? {} : { timeZone }
  const countedFrom = startsAt ?? createdAt
  if (parsed.kind === 'at') return nextTime(parsed, after, { ...zone, countedFrom })
  const next = nextTime(parsed, Math.max(after, (startsAt ?? 0) - 1), { ...zone, countedFrom })
  return next === undefined || (endsAt !== undefined && next > endsAt) ? undefined : next
}
