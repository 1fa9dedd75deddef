import { AwsError } from '../../aws/error.ts'
import type { StoreError } from '../../store/errors.ts'
import type { PlatformErrorCode } from '../../wire/invocation.ts'

/** The errors by which Invoke refuses a call. Those of the function itself are outcomes, not errors. */

/** The shape carries no `Type` in AWS's answers. */
export function eventTooLarge(bytes: number, limit: number): AwsError {
  return new AwsError(
    'RequestEntityTooLargeException',
    `${bytes} byte payload is too large for the Event invocation type (limit ${limit} bytes)`,
    { status: 413 },
  )
}

/** More events wait for the disk than memory has room for. */
export function tooManyEvents(cause: Error): AwsError {
  return new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
    status: 429,
    members: { Reason: 'CallerRateLimitExceeded', Type: 'User', retryAfterSeconds: '1' },
    cause,
  })
}

export function eventNotKept(cause: StoreError): AwsError {
  const reason = cause.code === 'DiskFull' ? 'the disk is full' : 'the database did not take it'
  return new AwsError('ServiceException', `The event was not accepted: ${reason}.`, {
    status: 500,
    members: { Type: 'Service' },
    cause,
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
  if (code === 'EFSMountFailureException')
    return new AwsError(code, message, { status: 403, members: { Type: 'User' } })
  const status = code === 'ServiceException' ? 500 : 502
  return new AwsError(code, message, { status, members: { Type: 'Service' } })
}

/** AWS's text for this has not been recorded. */
export function durableDoesNotStream(): AwsError {
  return new AwsError(
    'InvalidParameterValueException',
    'Durable functions do not support response streaming. Use the Invoke operation.',
    { status: 400, members: { Type: 'User' } },
  )
}

/** Lines of several invocations mix in the log of one environment. */
export function tailNotSupported(): AwsError {
  return new AwsError(
    'InvalidParameterValueException',
    'lambdad does not support LogType Tail for functions with a capacity provider yet.',
    { status: 400, members: { Type: 'User' } },
  )
}
