import { AwsError } from '../../aws/error.ts'

// The texts are AWS's own, as answered in February 2026, unless they say that we made them.

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntityException', message, { status: 404 })
}

export function noSuchRole(name: string): AwsError {
  return noSuchEntity(`The role with name ${name} cannot be found.`)
}

export function noSuchRolePolicy(name: string): AwsError {
  return noSuchEntity(`The role policy with name ${name} cannot be found.`)
}

export function noSuchPolicy(arn: string): AwsError {
  return noSuchEntity(`Policy ${arn} was not found.`)
}

export function policyNotAttachable(arn: string): AwsError {
  return noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
}

export function noSuchVersion(arn: string, version: string): AwsError {
  return noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`)
}

export function noSuchBoundary(arn: string): AwsError {
  return noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`)
}

export function alreadyExists(message: string): AwsError {
  return new AwsError('EntityAlreadyExistsException', message, { status: 409 })
}

export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflictException', message, { status: 409 })
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceededException', message, { status: 409 })
}

export function malformedPolicy(message: string): AwsError {
  return new AwsError('MalformedPolicyDocumentException', message, { status: 400 })
}

export function syntaxErrors(): AwsError {
  return malformedPolicy('Syntax errors in policy.')
}

export function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInputException', message, { status: 400 })
}

/** No model lists this one. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message, { status: 400 })
}

/** The policies that AWS keeps can be read and attached by everybody, and changed by nobody. */
export function awsPolicyIsFixed(action: string, arn: string): AwsError {
  return new AwsError(
    'AccessDenied',
    `User is not authorized to perform: iam:${action} on resource: policy ${arn} because it is managed by AWS`,
    { status: 403 },
  )
}
