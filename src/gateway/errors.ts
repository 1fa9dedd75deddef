import { AwsError } from '../aws/error.ts'
import type { ServiceDefinition } from '../aws/service.ts'

// The errors that the gateway itself answers, before or around a service's operation.

/** The body is not what its protocol says: no JSON, a number where a string must be. */
export function serializationError(message: string, cause?: unknown): AwsError {
  return new AwsError('SerializationException', message, { status: 400, cause })
}

/** S3's word for a body that cannot be read, or is not what it must be. */
export function malformedXml(cause?: unknown): AwsError {
  const message = 'The XML you provided was not well-formed or did not validate against our published schema'
  return new AwsError('MalformedXML', message, { status: 400, cause })
}

export function bodyTooLarge(limit: number, operation: string, isS3: boolean): AwsError {
  if (isS3) {
    return new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      status: 400,
    })
  }
  const message = `Request must be smaller than ${limit} bytes for the ${operation} operation`
  return new AwsError('RequestEntityTooLargeException', message, { status: 413 })
}

/** The client went away, or sent less than it announced. */
export function incompleteBody(): AwsError {
  return new AwsError('IncompleteBody', 'The request body terminated unexpectedly', { status: 400 })
}

export function notSupported(definition: ServiceDefinition, operation: string): AwsError {
  const message = `lambdad does not support ${definition.iamPrefix}:${operation} yet.`
  return new AwsError('UnknownOperationException', message, { status: 501 })
}

export function unknownService(signingName: string): AwsError {
  const message = `lambdad does not have the service ${signingName}.`
  return new AwsError('UnknownOperationException', message, { status: 501 })
}

/** What is answered instead of a fault of our own: its text could hold anything. */
export function internalFailure(definition: ServiceDefinition | undefined): AwsError {
  switch (definition?.id) {
    case 'lambda':
      return new AwsError('ServiceException', 'An error occurred and the request cannot be processed.', {
        status: 500,
      })
    case 's3':
      return new AwsError('InternalError', 'We encountered an internal error. Please try again.', {
        status: 500,
      })
    default:
      return new AwsError(
        'InternalFailure',
        'The request processing has failed because of an unknown error, exception or failure.',
        { status: 500 },
      )
  }
}
