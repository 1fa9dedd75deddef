import { AwsError } from '../../aws/error.ts'
import type { PlatformErrorCode } from '../../wire/invocation.ts'

/** The errors by which Invoke refuses a call. Those of the function itself are outcomes, not errors. */

export function eventInvocationsNotSupported(): AwsError {
  return invocationParameterNotSupported('InvocationType Event')
}

export function invocationParameterNotSupported(parameter: string): AwsError {
  return new AwsError('InvalidParameterValueException', `lambdad does not support ${parameter} yet.`, {
    status: 400,
    members: { Type: 'User' },
  })
}

export function tenantNeeded(): AwsError {
  return new AwsError(
    'InvalidParameterValueException',
    'The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.',
    { status: 400, members: { Type: 'User' } },
  )
}

/** AWS's text for this has not been recorded. */
export function notDurable(): AwsError {
  return new AwsError(
    'InvalidParameterValueException',
    'The invoked function is not a durable function. Remove the durable execution name from your request and try again.',
    { status: 400, members: { Type: 'User' } },
  )
}

/** AWS's text for this has not been recorded: this one is made after the other's pattern. */
export function notTenantIsolated(): AwsError {
  return new AwsError(
    'InvalidParameterValueException',
    'The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.',
    { status: 400, members: { Type: 'User' } },
  )
}

export function clientContextIsNoJson(): AwsError {
  return new AwsError(
    'InvalidRequestContentException',
    'Client context must be a valid Base64-encoded JSON object.',
    { status: 400, members: { Type: 'User' } },
  )
}

/** Why an environment could not be made (AWS Lambda API Reference, "Invoke", errors with status 502). */
export function cannotMakeEnvironment(code: PlatformErrorCode, message: string): AwsError {
  const status = code === 'ServiceException' ? 500 : 502
  return new AwsError(code, message, { status, members: { Type: 'Service' } })
}
