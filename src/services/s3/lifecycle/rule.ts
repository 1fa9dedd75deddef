import type { Tags } from '../bucket.ts'

/** What becomes of objects as they age, in the names of PutBucketLifecycleConfiguration; dates are milliseconds. */
export interface LifecycleRule {
  readonly ID: string
  readonly Status: string
  /** The older way to name a filter. */
  readonly Prefix?: string
  readonly Filter?: LifecycleFilter
  readonly Expiration?: {
    readonly Date?: number
    readonly Days?: number
    readonly ExpiredObjectDeleteMarker?: boolean
  }
  readonly Transitions?: readonly {
    readonly Date?: number
    readonly Days?: number
    readonly StorageClass: string
  }[]
  readonly NoncurrentVersionExpiration?: {
    readonly NoncurrentDays: number
    readonly NewerNoncurrentVersions?: number
  }
  readonly NoncurrentVersionTransitions?: readonly {
    readonly NoncurrentDays: number
    readonly NewerNoncurrentVersions?: number
    readonly StorageClass: string
  }[]
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number }
}

interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface LifecycleFilter {
  readonly Prefix?: string
  readonly Tag?: Tag
  readonly ObjectSizeGreaterThan?: number
  readonly ObjectSizeLessThan?: number
  readonly And?: Predicates
}

/** All of which must hold. */
export interface Predicates {
  readonly Prefix?: string
  readonly Tags?: readonly Tag[]
  readonly ObjectSizeGreaterThan?: number
  readonly ObjectSizeLessThan?: number
}

/** A rule's filter, whichever way it was named. */
export function predicatesOf({ Prefix, Filter = {} }: Pick<LifecycleRule, 'Prefix' | 'Filter'>): Predicates {
  const { And, Tag, ...rest } = Filter
  return (
    And ?? { ...(Prefix !== undefined && { Prefix }), ...rest, ...(Tag !== undefined && { Tags: [Tag] }) }
  )
}

interface Filtered {
  readonly key: string
  readonly tags: Tags
  readonly bytes: number
}

export function fits(predicates: Predicates, { key, tags, bytes }: Filtered): boolean {
  const { Prefix = '', Tags = [], ObjectSizeGreaterThan: min = -1, ObjectSizeLessThan: max } = predicates
  if (!key.startsWith(Prefix) || bytes <= min || (max !== undefined && bytes >= max)) return false
  return Tags.every(({ Key, Value }) => tags[Key] === Value)
}
