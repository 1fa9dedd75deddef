import { AwsError } from '../../aws/error.ts'

// The texts are those of AWS's own local server for the SDKs' tests, and of recordings in public repositories.

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, { status: 400, members: { Type: 'User' } })
}

/** Of an invocation, a chained one too: a version or an alias must be named. */
export function unqualified(): AwsError {
  return invalidParameter('You cannot invoke a durable function using an unqualified ARN.')
}

/** Of a chained invocation, which has no tenant here. The text is Invoke's. */
export function tenantNeeded(): AwsError {
  return invalidParameter(
    'The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.',
  )
}

/** Also what answers the token of an invocation that is over: the SDK gives up the invocation. */
export function invalidToken(): AwsError {
  return invalidParameter('Invalid checkpoint token')
}

export function tokenOfAnother(): AwsError {
  return invalidParameter('Checkpoint token is not valid for the durable execution ARN')
}

export function executionNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'Durable Execution does not exist', {
    status: 404,
    members: { Type: 'User' },
  })
}

export function alreadyStarted(arn: string): AwsError {
  return new AwsError('DurableExecutionAlreadyStartedException', `Execution already started: ${arn}`, {
    status: 409,
    members: { Type: 'User' },
  })
}

export function invalidCallbackId(): AwsError {
  return invalidParameter('Invalid callback id')
}

export function callbackClosed(): AwsError {
  return new AwsError('CallbackTimeoutException', 'The callback is either timed out or already completed', {
    status: 400,
    members: { Type: 'User' },
  })
}
