import { AwsError } from '../../aws/error.ts'

// Texts marked † were recorded from AWS (LocalStack's snapshots of February 2026, and public bug reports); the
// others say the same as AWS's documentation does.

/** † */
export function groupNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')
}

/** † */
export function streamNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
}

/** † */
export function subscriptionNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified subscription filter does not exist.')
}

/** † */
export function policyNotFound(name: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Policy with name [${name}] does not exist.`)
}

/** † */
export function resourceLimitExceeded(): AwsError {
  return new AwsError('LimitExceededException', 'Resource limit exceeded.')
}

/** † */
export function crossAccountFunction(): AwsError {
  return new AwsError(
    'AccessDeniedException',
    'Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.',
  )
}

/** † */
export function functionNotExecutable(): AwsError {
  return invalidParameter(
    'Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.',
  )
}

export function resourceNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified resource does not exist.')
}

/** † */
export function groupAlreadyExists(): AwsError {
  return new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
}

/** † */
export function streamAlreadyExists(): AwsError {
  return new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

/** † */
export function invalidNextToken(): AwsError {
  return invalidParameter('The specified nextToken is invalid.')
}

/** What AWS takes and we do not carry out is refused rather than ignored. */
export function unsupported(what: string): AwsError {
  return invalidParameter(`${what} is not supported by lambdad.`)
}

/** † for DescribeLogStreams. */
export function nameAndIdentifier(): AwsError {
  return new AwsError(
    'ValidationException',
    'LogGroup name and LogGroup ARN are mutually exclusive parameters.',
  )
}

export function tooManyTags(arn: string): AwsError {
  return new AwsError('TooManyTagsException', 'A resource can have at most 50 tags.', {
    members: { resourceName: arn },
  })
}

export function tooManySessions(): AwsError {
  return new AwsError('LimitExceededException', 'Too many Live Tail sessions are open in this account.')
}

export function sessionTimedOut(): AwsError {
  return new AwsError('SessionTimeoutException', 'The Live Tail session has timed out.')
}
