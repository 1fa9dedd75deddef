import { noSuchKey, notImplemented, notModified, preconditionFailed } from './errors.ts'
import type { ObjectVersion } from './object.ts'

export interface ReadConditions {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
  readonly IfModifiedSince?: Date | undefined
  readonly IfUnmodifiedSince?: Date | undefined
}

type Tagged = Pick<ObjectVersion, 'etag' | 'modifiedAt'>

/** RFC 9110, 13.2.2: the order in which conditions count. @throws PreconditionFailed, NotModified */
export function refuseUnlessWanted(conditions: ReadConditions, version: Tagged): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions
  if (IfMatch !== undefined) {
    if (!names(IfMatch, version.etag)) throw preconditionFailed('If-Match')
  } else if (IfUnmodifiedSince !== undefined && isAfter(version, IfUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  if (IfNoneMatch !== undefined) {
    if (names(IfNoneMatch, version.etag)) throw notModified()
  } else if (IfModifiedSince !== undefined && !isAfter(version, IfModifiedSince)) {
    throw notModified()
  }
}

/** Of the source of a copy all conditions are answered alike. @throws PreconditionFailed */
export function refuseUnlessCopied(conditions: ReadConditions, version: Tagged): void {
  try {
    refuseUnlessWanted(conditions, version)
  } catch {
    throw preconditionFailed('x-amz-copy-source-If-*')
  }
}

export interface WriteConditions {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
}

/** Amazon S3 User Guide, "Conditional writes". @throws PreconditionFailed, NoSuchKey */
export function refuseUnlessPut(
  { IfMatch, IfNoneMatch }: WriteConditions,
  latest: ObjectVersion | undefined,
  key: string,
): void {
  const isThere = latest !== undefined && !latest.isDeleteMarker
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') throw notImplemented('If-None-Match of a write, other than *,')
    if (isThere) throw preconditionFailed('If-None-Match')
  }
  if (IfMatch === undefined) return
  if (!isThere) throw noSuchKey(key)
  if (!names(IfMatch, latest.etag)) throw preconditionFailed('If-Match')
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
