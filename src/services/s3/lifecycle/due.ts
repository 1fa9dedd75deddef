import type { Bucket } from '../bucket.ts'
import { type ObjectVersion, sizeOf } from '../object.ts'
import type { Upload } from '../upload.ts'
import { DAY_MS } from './read-rules.ts'
import { fits, type LifecycleRule, predicatesOf } from './rule.ts'

/** When a rule will act. */
export interface Due {
  /** Milliseconds since the epoch: a midnight in UTC. */
  readonly at: number
  readonly ruleId: string
}

/** A version as its neighbours make it: what counts for noncurrent ones is when they became so. */
export interface Placed {
  readonly version: ObjectVersion
  readonly isCurrent: boolean
  readonly isOnly: boolean
  /** When the next newer version came; of noncurrent ones. */
  readonly noncurrentSince: number
  /** Noncurrent versions that are newer. */
  readonly newerNoncurrent: number
}

export type Action =
  | { readonly kind: 'expire' }
  | { readonly kind: 'transition'; readonly storageClass: string }

/** By default smaller objects are not moved (Amazon S3 User Guide, "Transitioning objects using S3 Lifecycle"). */
const TRANSITION_BYTES_MIN = 128 * 1024

function enabled({ lifecycle = [] }: Bucket): LifecycleRule[] {
  return lifecycle.filter(({ Status }) => Status === 'Enabled')
}

/** "Understanding object expiration": the days are added, and the sum is rounded up to the next midnight in UTC. */
function midnightAfter(time: number, days: number): number {
  return Math.ceil((time + days * DAY_MS) / DAY_MS) * DAY_MS
}

function fitsVersion(rule: LifecycleRule, version: ObjectVersion): boolean {
  return fits(predicatesOf(rule), { key: version.key, tags: version.tags, bytes: sizeOf(version) })
}

/** When the current version of an object will expire, where a rule says so: the earliest. */
export function expirationOf(bucket: Bucket, version: ObjectVersion): Due | undefined {
  return earliest(
    enabled(bucket).flatMap((rule) => {
      const { Date: date, Days } = rule.Expiration ?? {}
      if (!fitsVersion(rule, version)) return []
      if (date !== undefined) return [{ at: date, ruleId: rule.ID }]
      return Days === undefined ? [] : [{ at: midnightAfter(version.modifiedAt, Days), ruleId: rule.ID }]
    }),
  )
}

/** `x-amz-expiration`, for answers that describe a current version. */
export function shownExpiration(bucket: Bucket, version: ObjectVersion): { Expiration?: string } {
  const due = bucket.lifecycle && expirationOf(bucket, version)
  if (due === undefined) return {}
  const { at, ruleId } = due
  return {
    Expiration: `expiry-date="${new Date(at).toUTCString()}", rule-id="${encodeURIComponent(ruleId)}"`,
  }
}

/** When an upload will be aborted, where a rule says so. */
export function abortOf(bucket: Bucket, { key, createdAt }: Upload): Due | undefined {
  return earliest(
    enabled(bucket).flatMap((rule) => {
      const { DaysAfterInitiation: days } = rule.AbortIncompleteMultipartUpload ?? {}
      if (days === undefined || !key.startsWith(predicatesOf(rule).Prefix ?? '')) return []
      return [{ at: midnightAfter(createdAt, days), ruleId: rule.ID }]
    }),
  )
}

/** `x-amz-abort-date` and the rule, for answers that describe an upload. */
export function shownAbort(bucket: Bucket, upload: Upload): { AbortDate?: Date; AbortRuleId?: string } {
  const due = abortOf(bucket, upload)
  return due === undefined ? {} : { AbortDate: new Date(due.at), AbortRuleId: due.ruleId }
}

function earliest(dues: readonly Due[]): Due | undefined {
  return dues.reduce<Due | undefined>((first, due) => (first && first.at <= due.at ? first : due), undefined)
}

/** What is to be done with a version now; what expires is not moved before. */
export function actionOf(bucket: Bucket, placed: Placed, now: number): Action | undefined {
  const rules = enabled(bucket)
  if (rules.some((rule) => expires(rule, placed, now))) return { kind: 'expire' }
  if (placed.version.isDeleteMarker) return undefined
  const moves = rules.flatMap((rule) => movesOf(rule, placed, now)).sort((a, b) => b.at - a.at)
  const storageClass = moves[0]?.storageClass
  if (storageClass === undefined || storageClass === placed.version.storageClass) return undefined
  return { kind: 'transition', storageClass }
}

function expires(rule: LifecycleRule, placed: Placed, now: number): boolean {
  const { version, isCurrent, isOnly } = placed
  if (!fitsVersion(rule, version)) return false
  if (!isCurrent) {
    const { NoncurrentDays: days, NewerNoncurrentVersions: kept = 0 } = rule.NoncurrentVersionExpiration ?? {}
    if (days === undefined || placed.newerNoncurrent < kept) return false
    return midnightAfter(placed.noncurrentSince, days) <= now
  }
  const { Date: date, Days, ExpiredObjectDeleteMarker: markers = false } = rule.Expiration ?? {}
  if (version.isDeleteMarker) {
    if (!isOnly) return false
    return markers || (Days !== undefined && midnightAfter(version.modifiedAt, Days) <= now)
  }
  if (date !== undefined) return date <= now
  return Days !== undefined && midnightAfter(version.modifiedAt, Days) <= now
}

function movesOf(rule: LifecycleRule, placed: Placed, now: number): { at: number; storageClass: string }[] {
  const { version, isCurrent, noncurrentSince, newerNoncurrent } = placed
  const predicates = predicatesOf(rule)
  const namesSize = (predicates.ObjectSizeGreaterThan ?? predicates.ObjectSizeLessThan) !== undefined
  if (!fitsVersion(rule, version) || (!namesSize && sizeOf(version) < TRANSITION_BYTES_MIN)) return []
  const moves = isCurrent
    ? (rule.Transitions ?? []).map(({ Date: date, Days = 0, StorageClass }) => ({
        at: date ?? midnightAfter(version.modifiedAt, Days),
        storageClass: StorageClass,
      }))
    : (rule.NoncurrentVersionTransitions ?? [])
        .filter(({ NewerNoncurrentVersions: kept = 0 }) => newerNoncurrent >= kept)
        .map(({ NoncurrentDays, StorageClass }) => ({
          at: midnightAfter(noncurrentSince, NoncurrentDays),
          storageClass: StorageClass,
        }))
  return moves.filter(({ at }) => at <= now)
}
