import { AwsError } from '../../aws/error.ts'

// The codes are the API's; the texts are ours where no recording of AWS's is public.

export function pipeNotFound(name: string): AwsError {
  return new AwsError('NotFoundException', `Pipe ${name} does not exist.`)
}

export function pipeExists(name: string): AwsError {
  return new AwsError('ConflictException', `Pipe ${name} already exists.`)
}

export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** What AWS takes and we do not carry out is refused rather than ignored. */
export function unsupported(what: string): AwsError {
  return validationError(`${what} is not supported by lambdad yet.`)
}

export function invalidNextToken(): AwsError {
  return validationError('Invalid NextToken.')
}
