import { AwsError } from '../../aws/error.ts'

/** Members that Lambda adds to the errors that its model lists; ValidationException and the like go without. */
const CALLER = { members: { Type: 'User' } } as const

export function resourceNotFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, { status: 404, ...CALLER })
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, { status: 400, ...CALLER })
}

export function resourceConflict(message: string): AwsError {
  return new AwsError('ResourceConflictException', message, { status: 409, ...CALLER })
}

/** What AWS answers when one value breaks a rule that the published model does not carry. */
export function validationError(path: string, value: unknown, constraint: string): AwsError {
  return new AwsError('ValidationException', violation(path, value, constraint), { status: 400 })
}

/** `Value '…' at 'functionName' failed to satisfy constraint: …`, counted as AWS counts. */
export function violation(path: string, value: unknown, constraint: string): string {
  return `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`
}

/** `arn` as AWS shows it: with the qualifier that was asked for, where there was one. */
export function functionNotFound(arn: string): AwsError {
  return resourceNotFound(`Function not found: ${arn}`)
}

/** What callers ask for that is not there, where AWS does not say what. */
export function nothingThere(): AwsError {
  return resourceNotFound('The resource you requested does not exist.')
}

/** `principal` is not let in by the policy of what it wants to use. */
export function notAllowed(principal: string, action: string, resource: string): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ` +
      `because no resource-based policy allows the ${action} action`,
    { status: 403 },
  )
}

export function statementExists(sid: string): AwsError {
  return resourceConflict(
    `The statement id (${sid}) provided already exists. ` +
      'Please provide a new statement id, or remove the existing statement.',
  )
}

export function latestHasNoPolicy(): AwsError {
  return invalidParameter('We currently do not support adding policies for $LATEST.')
}

export function noPolicy(): AwsError {
  return resourceNotFound('No policy is associated with the given resource.')
}

/** Of a function that is not there. */
export function noPolicyFor(arn: string): AwsError {
  return resourceNotFound(`No policy found for: ${arn}`)
}

export function noStatement(sid: string): AwsError {
  return resourceNotFound(`Statement ${sid} is not found in resource policy.`)
}

export function codeSigningConfigGone(arn: string | undefined): AwsError {
  return new AwsError(
    'CodeSigningConfigNotFoundException',
    'The code signing configuration cannot be found. ' +
      `Check that the provided configuration is not deleted: ${arn}.`,
    { status: 404, ...CALLER },
  )
}

export function imagesAreNotSigned(): AwsError {
  return invalidParameter('Code signing is not supported for functions with packageType Image.')
}

export function functionExists(name: string): AwsError {
  return resourceConflict(`Function already exist: ${name}`)
}

export function functionPending(): AwsError {
  return resourceConflict(
    'The operation cannot be performed at this time. The function is currently in the following state: Pending',
  )
}

export function functionFailed(): AwsError {
  return resourceConflict(
    'The operation cannot be performed at this time. The function is currently in the following state: Failed',
  )
}

export function updateInProgress(arn: string): AwsError {
  return resourceConflict(
    `The operation cannot be performed at this time. An update is in progress for resource: ${arn}`,
  )
}

/** `getter` names the calls that tell the current revision, as AWS's text does. */
export function revisionMismatch(getter: 'GetFunction/GetAlias' | 'GetPolicy' | 'GetLayerPolicy'): AwsError {
  return new AwsError(
    'PreconditionFailedException',
    `The Revision Id provided does not match the latest Revision Id. Call the ${getter} API to retrieve the latest Revision Id`,
    { status: 412, ...CALLER },
  )
}

/** For what AWS has and lambdad has not: refused by name, so that nobody believes that it was carried out. */
export function notSupported(what: string): AwsError {
  return invalidParameter(`${what} is not supported by lambdad yet.`)
}

/** Operations on a function as a whole, called with a version or an alias. */
export function unqualifiedOnly(): AwsError {
  return invalidParameter(
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. ' +
      'Please specify either a function name or an unqualified function ARN.',
  )
}

export function codeStorageExceeded(): AwsError {
  return new AwsError('CodeStorageExceededException', 'Code storage limit exceeded.', {
    status: 400,
    ...CALLER,
  })
}

export function zippedTooLarge(limit: number): AwsError {
  return new AwsError('RequestEntityTooLargeException', `Zipped size must be smaller than ${limit} bytes`, {
    status: 413,
  })
}

export function unzippedTooLarge(limit: number): AwsError {
  return invalidParameter(`Unzipped size must be smaller than ${limit} bytes`)
}

export function badZip(): AwsError {
  return invalidParameter('Could not unzip uploaded file. Please check your file, then try to upload again.')
}

export function policyTooLong(size: number, limit: number): AwsError {
  return new AwsError(
    'PolicyLengthExceededException',
    `The final policy size (${size}) is bigger than the limit (${limit}).`,
    { status: 400, ...CALLER },
  )
}
