import { formatArn } from '../../aws/arn.ts'

/** A log group's name and where it is. */
export interface GroupKey {
  readonly accountId: string
  readonly region: string
  readonly name: string
}

export interface LogGroup extends GroupKey {
  readonly id: number
  readonly createdAt: number
  /** Events older than this many days are gone; without it they stay. */
  readonly retentionDays: number | undefined
  readonly isDeletionProtected: boolean
  readonly tags: Readonly<Record<string, string>>
}

/** What PutRetentionPolicy takes, in days (API reference). */
export const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

/** AWS's limit on the tags of one resource. */
export const TAGS_MAX = 50

const DAY_MS = 86_400_000

/** Events from before this moment have expired. */
export function expiredBefore(group: Pick<LogGroup, 'retentionDays'>, now: number): number {
  return group.retentionDays === undefined ? 0 : now - group.retentionDays * DAY_MS
}

/** Without the `:*` that policies want and `DescribeLogGroups` shows as `arn`. */
export function groupArn({ accountId, region, name }: GroupKey): string {
  return formatArn({ service: 'logs', region, accountId, resource: `log-group:${name}` })
}
