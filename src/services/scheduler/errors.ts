import { AwsError } from '../../aws/error.ts'

// Texts follow LocalStack's snapshots of AWS where there are any, and otherwise the documentation's words.

export function scheduleNotFound(name: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`)
}

export function groupNotFound(name: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`)
}

export function scheduleExists(name: string): AwsError {
  return new AwsError('ConflictException', `Schedule ${name} already exists.`)
}

export function groupExists(name: string): AwsError {
  return new AwsError('ConflictException', `Schedule group ${name} already exists.`)
}

export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

export function invalidExpression(expression: string): AwsError {
  return validationError(`Invalid Schedule Expression ${expression}.`)
}

/** What AWS takes and we do not carry out is refused rather than ignored. */
export function unsupported(what: string): AwsError {
  return validationError(`${what} is not supported by lambdad yet.`)
}

export function invalidNextToken(): AwsError {
  return validationError('Invalid NextToken.')
}
