import { AwsError } from '../../../aws/error.ts'
import { invalidParameter, resourceConflict, resourceNotFound } from '../errors.ts'

// Texts are ours unless said: AWS's have not been recorded.

/** As LocalStack's tests recorded it for tags. */
export function providerNotFound(arn: string): AwsError {
  return resourceNotFound(`Capacity provider not found: ${arn}`)
}

export function providerExists(name: string): AwsError {
  return resourceConflict(`Capacity provider already exists: ${name}`)
}

export function providerInUse(arn: string): AwsError {
  return resourceConflict(`The capacity provider ${arn} is in use by functions.`)
}

/** From LocalStack's code. */
export function notForDefaultFunctions(what: string): AwsError {
  return invalidParameter(`${what} isn't supported for Lambda Default functions.`)
}

export function notForManagedInstances(what: string): AwsError {
  return invalidParameter(`${what} isn't supported for functions with a capacity provider.`)
}

/** AWS Lambda API Reference, "Invoke": the function has no published versions available. */
export function noPublishedVersion(): AwsError {
  return new AwsError('NoPublishedVersionException', 'The function has no published versions available.', {
    status: 400,
    members: { Type: 'User' },
  })
}

export function latestIsNotInvocable(): AwsError {
  return invalidParameter(
    '$LATEST of a function with a capacity provider cannot be invoked. Invoke $LATEST.PUBLISHED or a published version.',
  )
}
