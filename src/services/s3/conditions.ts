import type { AwsError } from '../../aws/error.ts'
import {
  conditionalConflict,
  headerNotImplemented,
  noSuchKey,
  notModified,
  preconditionFailed,
} from './errors.ts'
import type { ObjectVersion } from './object.ts'

export interface ReadConditions {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
  readonly IfModifiedSince?: Date | undefined
  readonly IfUnmodifiedSince?: Date | undefined
}

type Tagged = Pick<ObjectVersion, 'etag' | 'modifiedAt'>

/** RFC 9110, 13.2.2: the order in which conditions count. @throws PreconditionFailed, NotModified */
export function refuseUnlessWanted(conditions: ReadConditions, version: Tagged, now: number): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions
  if (IfMatch !== undefined) {
    if (!names(IfMatch, version.etag)) throw preconditionFailed('If-Match')
  } else if (IfUnmodifiedSince !== undefined && isAfter(version, IfUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  if (IfNoneMatch !== undefined) {
    if (names(IfNoneMatch, version.etag)) throw notModified(version)
  } else if (IfModifiedSince !== undefined && !isAfter(version, IfModifiedSince)) {
    // RFC 9110, 13.1.3: a date that is still to come says nothing.
    if (IfModifiedSince.getTime() <= now) throw notModified(version)
  }
}

/** Of the source of a copy all conditions are answered alike. @throws PreconditionFailed */
export function refuseUnlessCopied(conditions: ReadConditions, version: Tagged, now: number): void {
  try {
    refuseUnlessWanted(conditions, version, now)
  } catch {
    throw preconditionFailed('x-amz-copy-source-If-*')
  }
}

export interface WriteConditions {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
  /** When the upload that is being completed began. */
  readonly since?: number
}

/** Refuses what S3 cannot do. @throws NotImplemented */
export function refuseBadConditions({ IfMatch, IfNoneMatch }: WriteConditions): void {
  if (IfMatch !== undefined && IfNoneMatch !== undefined) {
    const why = 'Multiple conditional request headers present in the request'
    throw headerNotImplemented('If-Match,If-None-Match', why)
  }
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*') throw badValue('If-None-Match')
  if (IfMatch === '*') throw badValue('If-Match')
}

function badValue(header: string): AwsError {
  return headerNotImplemented(header, `We don't accept the provided value of ${header} header for this API`)
}

/** Amazon S3 User Guide, "Conditional writes". @throws PreconditionFailed, NoSuchKey, ConditionalRequestConflict */
export function refuseUnlessPut(
  { IfMatch, IfNoneMatch, since = Number.POSITIVE_INFINITY }: WriteConditions,
  latest: ObjectVersion | undefined,
  key: string,
): void {
  const isThere = latest !== undefined && !latest.isDeleteMarker
  const hasChanged = latest !== undefined && latest.modifiedAt > since
  if (IfNoneMatch !== undefined) {
    if (isThere) throw preconditionFailed('If-None-Match')
    if (hasChanged) throw conditionalConflict('If-None-Match', key)
  }
  if (IfMatch === undefined) return
  if (!isThere) throw noSuchKey(key)
  if (!names(IfMatch, latest.etag)) throw preconditionFailed('If-Match')
  if (hasChanged) throw conditionalConflict('If-Match', key)
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((one) => {
    const name = one.trim().replace(/^W\//, '').replace(/^"|"$/g, '')
    return name === '*' || name === etag
  })
}

/** Headers have whole seconds. */
function isAfter({ modifiedAt }: Tagged, date: Date): boolean {
  return Math.floor(modifiedAt / 1000) > Math.floor(date.getTime() / 1000)
}
