import { AwsError } from '../../aws/error.ts'
import type { CorsRule } from './cors.ts'
import type { LifecycleRule } from './lifecycle/rule.ts'
import type { NotificationSettings } from './notification.ts'

export type Tags = Readonly<Record<string, string>>

/** A bucket and what is set on it; what is not set is absent. */
export interface Bucket {
  /** No two accounts have a bucket of the same name. */
  readonly name: string
  readonly accountId: string
  readonly region: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Absent: it never had versions. */
  readonly versioning?: 'Enabled' | 'Suspended'
  readonly tags?: Tags
  /** As it was put. */
  readonly policy?: string
  /** Null: it was deleted. */
  readonly publicAccessBlock?: PublicAccessBlock | null
  /** Null: it was deleted. */
  readonly objectOwnership?: ObjectOwnership | null
  readonly bucketKey?: boolean
  readonly accelerate?: 'Enabled' | 'Suspended'
  readonly notifications?: NotificationSettings
  readonly cors?: readonly CorsRule[]
  readonly lifecycle?: readonly LifecycleRule[]
  /** Of the lifecycle rules: as it was put. */
  readonly transitionMinimumSize?: string
}

export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean
  readonly IgnorePublicAcls: boolean
  readonly BlockPublicPolicy: boolean
  readonly RestrictPublicBuckets: boolean
}

const OWNERSHIPS = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const
export type ObjectOwnership = (typeof OWNERSHIPS)[number]

export function isOwnership(name: string): name is ObjectOwnership {
  return OWNERSHIPS.includes(name as ObjectOwnership)
}

/** What new buckets have since April 2023. */
export const ALL_BLOCKED: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
}

/** AWS's quota of general purpose buckets. */
export const BUCKETS_MAX = 10_000

/** Amazon S3 User Guide, "General purpose bucket naming rules". */
export function refuseBadName(name: string): void {
  const hasShape = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name)
  const isReserved = /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  if (hasShape && !name.includes('..') && !isAddress && !isReserved) return
  throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', {
    status: 400,
    members: { BucketName: name },
  })
}
