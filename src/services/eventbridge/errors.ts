import { AwsError } from '../../aws/error.ts'

// Texts marked † were recorded from AWS (LocalStack's snapshots); the others say the same as the documentation.

/** † */
export function busNotFound(name: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`)
}

/** † */
export function busExists(name: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`)
}

/** † */
export function ruleNotFound(name: string, bus: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${bus}.`)
}

/** † */
export function archiveNotFound(name: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Archive ${name} does not exist.`)
}

/** † */
export function replayNotFound(name: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Replay ${name} does not exist.`)
}

/** † */
export function connectionNotFound(name: string): AwsError {
  return notDescribed('connection', `Connection '${name}'`)
}

/** † */
export function destinationNotFound(name: string): AwsError {
  return notDescribed('api-destination', `An api-destination '${name}'`)
}

function notDescribed(what: string, which: string): AwsError {
  return new AwsError(
    'ResourceNotFoundException',
    `Failed to describe the ${what}(s). ${which} does not exist.`,
  )
}

export function resourceNotFound(arn: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Resource ${arn} does not exist.`)
}

/** † */
export function statementNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'Statement with the provided id does not exist.')
}

/** † for archives and replays. */
export function alreadyExists(what: string, name: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', `${what} ${name} already exists.`)
}

export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** † */
export function invalidParameter(name: string, reason: string): AwsError {
  return validationError(`Parameter ${name} is not valid. Reason: ${reason}`)
}

/** † */
export function invalidPattern(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`)
}

/** † */
export function invalidSchedule(): AwsError {
  return validationError('Parameter ScheduleExpression is not valid.')
}

/** † */
export function limitExceeded(): AwsError {
  return new AwsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.')
}

export function illegalStatus(what: string, name: string): AwsError {
  return new AwsError('IllegalStatusException', `${what} ${name} is not in a valid state for this operation.`)
}

/** What AWS takes and we do not carry out is refused rather than ignored. */
export function unsupported(what: string): AwsError {
  return validationError(`${what} is not supported by lambdad yet.`)
}

export function invalidNextToken(): AwsError {
  return validationError('The specified NextToken is not valid.')
}
