import { AwsError } from '../../aws/error.ts'

// Codes, texts and statuses of "Error responses" in the Amazon S3 API Reference.

export function noSuchBucket(bucket: string): AwsError {
  return new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
    status: 404,
    members: { BucketName: bucket },
  })
}

export function noSuchKey(key: string, marker?: Marker): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', {
    status: 404,
    members: { Key: key },
    headers: markerHeaders(marker),
  })
}

/** A delete marker that was found instead of an object. */
interface Marker {
  readonly versionId: string
  readonly modifiedAt: number
}

function markerHeaders(marker: Marker | undefined): Record<string, string> {
  if (marker === undefined) return {}
  return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId }
}

export function noSuchVersion(key: string, versionId: string): AwsError {
  return new AwsError('NoSuchVersion', 'The specified version does not exist.', {
    status: 404,
    members: { Key: key, VersionId: versionId },
  })
}

/** What no version ever was called, since its shape is another. */
export function invalidVersionId(versionId: string): AwsError {
  return invalidArgument('Invalid version id specified', 'versionId', versionId)
}

export function noSuchUpload(id = ''): AwsError {
  return new AwsError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { status: 404, members: { UploadId: id } },
  )
}

/** What is asked for was never set: `NoSuchLifecycleConfiguration` and its like. */
export function notSet(code: string, message: string, bucket = ''): AwsError {
  return new AwsError(code, message, { status: 404, members: { BucketName: bucket } })
}

export function accessDenied(): AwsError {
  return new AwsError('AccessDenied', 'Access Denied', { status: 403 })
}

export function invalidArgument(message: string, name?: string, value?: string): AwsError {
  const members = { ArgumentName: name, ArgumentValue: value }
  return new AwsError('InvalidArgument', message, { status: 400, members })
}

export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequest', message, { status: 400 })
}

export function preconditionFailed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    status: 412,
    members: { Condition: condition },
  })
}

/** RFC 9110, 15.4.5: with what a cache needs to go on. */
export function notModified({ etag, modifiedAt }: { etag: string; modifiedAt: number }): AwsError {
  return new AwsError('NotModified', 'Not Modified', {
    status: 304,
    headers: { etag: `"${etag}"`, 'last-modified': new Date(modifiedAt).toUTCString() },
  })
}

/** What a delete marker answers to those who ask for it by its version. */
export function methodNotAllowed(method: string, marker: Marker): AwsError {
  return new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    status: 405,
    members: { Method: method, ResourceType: 'DeleteMarker' },
    headers: {
      ...markerHeaders(marker),
      allow: 'DELETE',
      'last-modified': new Date(marker.modifiedAt).toUTCString(),
    },
  })
}

/** What AWS does not carry out either, in its words. */
export function headerNotImplemented(header: string, why: string): AwsError {
  const message = 'A header you provided implies functionality that is not implemented'
  return new AwsError('NotImplemented', message, {
    status: 501,
    members: { Header: header, additionalMessage: why },
  })
}

/** Something else was written while an upload went on. */
export function conditionalConflict(condition: string, key: string): AwsError {
  const message =
    'The conditional request cannot succeed due to a conflicting operation against this resource.'
  return new AwsError('ConditionalRequestConflict', message, {
    status: 409,
    members: { Condition: condition, Key: key },
  })
}

export function invalidRange(asked: string, size: number): AwsError {
  return new AwsError('InvalidRange', 'The requested range is not satisfiable', {
    status: 416,
    members: { RangeRequested: asked, ActualObjectSize: String(size) },
  })
}

export function invalidPart(): AwsError {
  return new AwsError(
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { status: 400 },
  )
}

export function badDigest(what: string): AwsError {
  return new AwsError('BadDigest', `The ${what} you specified did not match what we received.`, {
    status: 400,
  })
}

export function entityTooLarge(): AwsError {
  return new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    status: 400,
  })
}

export function malformedXml(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
    { status: 400 },
  )
}

/** What AWS takes and we do not carry out is refused rather than ignored. */
export function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', `${what} is not supported by lambdad yet.`, { status: 501 })
}

export function noObjectLock(): AwsError {
  return invalidRequest('Bucket is missing Object Lock Configuration')
}
