import { AwsError } from '../../aws/error.ts'

// Names are those of the model; the texts are those that AWS is known to answer with.

export function topicNotFound(): AwsError {
  return new AwsError('NotFoundException', 'Topic does not exist')
}

export function subscriptionNotFound(): AwsError {
  return new AwsError('NotFoundException', 'Subscription does not exist')
}

export function applicationNotFound(): AwsError {
  return new AwsError('NotFoundException', 'PlatformApplication does not exist')
}

export function endpointNotFound(): AwsError {
  return new AwsError('NotFoundException', 'Endpoint does not exist')
}

export function endpointDisabled(): AwsError {
  return new AwsError('EndpointDisabledException', 'Endpoint is disabled')
}

export function resourceNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'Resource does not exist')
}

export function invalidParameter(what: string): AwsError {
  return new AwsError('InvalidParameterException', `Invalid parameter: ${what}`, {
    queryCode: 'InvalidParameter',
  })
}

export function invalidAttributeValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, { queryCode: 'ParameterValueInvalid' })
}

export function notAuthorized(action: string, call: { principalArn: string }, resource: string): AwsError {
  return new AwsError(
    'AuthorizationErrorException',
    `User: ${call.principalArn} is not authorized to perform: SNS:${action} on resource: ${resource} because no resource-based policy allows the SNS:${action} action`,
  )
}

export function subscriptionLimitExceeded(): AwsError {
  return new AwsError('SubscriptionLimitExceededException', 'Subscription limit exceeded')
}

export function tagLimitExceeded(): AwsError {
  return new AwsError(
    'TagLimitExceededException',
    'Could not complete request: tag quota of per resource exceeded',
  )
}

export function emptyBatch(): AwsError {
  return new AwsError('EmptyBatchRequestException', "The batch request doesn't contain any entries.")
}

export function tooManyEntries(): AwsError {
  return new AwsError(
    'TooManyEntriesInBatchRequestException',
    'The batch request contains more entries than permissible.',
  )
}

export function idsNotDistinct(): AwsError {
  return new AwsError(
    'BatchEntryIdsNotDistinctException',
    'Two or more batch entries in the request have the same Id.',
  )
}

export function invalidEntryId(): AwsError {
  return new AwsError(
    'InvalidBatchEntryIdException',
    "The Id of a batch entry in a batch request doesn't abide by the specification.",
  )
}

export function batchTooLong(): AwsError {
  return new AwsError(
    'BatchRequestTooLongException',
    'The length of all the messages put together is more than the limit.',
  )
}

/** What was given for an ARN has too few parts to be one. */
export function notAnArn(parameter: string, text: string): AwsError {
  const elements = text.split(':').length
  return invalidParameter(`${parameter} Reason: An ARN must have at least 6 elements, not ${elements}`)
}

export function invalidNextToken(): AwsError {
  return invalidParameter('NextToken')
}

/** A token that is none of ours in form. */
export function invalidToken(): AwsError {
  return new AwsError('InvalidParameterException', 'Invalid token', { queryCode: 'InvalidParameter' })
}

export function invalidSmsEndpoint(endpoint: string): AwsError {
  const message = `Invalid SMS endpoint: ${endpoint}`
  return new AwsError('InvalidParameterException', message, { queryCode: 'InvalidParameter' })
}

/** What AWS takes and we do not carry out is refused rather than ignored. */
export function unsupported(what: string): AwsError {
  return invalidParameter(`${what} is not supported by lambdad yet`)
}
