import { AwsError } from '../../aws/error.ts'

/** No model lists this one. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message, { status: 400 })
}

/** AWS says the same of a role that is not there and of one whose trust policy says no. */
export function notAuthorized(principalArn: string, action: string, resource: string): AwsError {
  return new AwsError(
    'AccessDenied',
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource}`,
    { status: 403 },
  )
}

/** Where AWS would carry out a parameter that we cannot: refused, for to leave it out would grant too much. */
export function unsupported(parameter: string): AwsError {
  return validationError(`lambdad does not support ${parameter} of AssumeRole yet.`)
}
