import { AwsError } from '../../../aws/error.ts'
import { invalidParameter, resourceConflict } from '../errors.ts'

// AWS's texts, as LocalStack's tests recorded them and its users quote them.

export function noProvisionedConfig(): AwsError {
  return new AwsError(
    'ProvisionedConcurrencyConfigNotFoundException',
    'No Provisioned Concurrency Config found for this function',
    { status: 404, members: { Type: 'User' } },
  )
}

export function needsVersionOrAlias(): AwsError {
  return invalidParameter('The function resource provided must be an alias or a published version.')
}

export function unpublishedVersion(): AwsError {
  return invalidParameter(
    'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
  )
}

export function weightedAlias(): AwsError {
  return invalidParameter('Alias with weights can not be used with Provisioned Concurrency')
}

/** AWS's text is not known. */
export function startsFromSnapshot(): AwsError {
  return invalidParameter('Provisioned Concurrency is not supported for SnapStart enabled functions.')
}

export function versionIsProvisioned(): AwsError {
  return resourceConflict(
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
  )
}

export function aliasIsProvisioned(): AwsError {
  return resourceConflict('Version is pointed by a Provisioned Concurrency alias')
}

export function moreThanReserved(): AwsError {
  return invalidParameter(
    'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
  )
}

export function moreThanUnreserved(unreserved: number): AwsError {
  return invalidParameter(
    `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`,
  )
}

export function tooLittleUnreserved(min: number): AwsError {
  return invalidParameter(
    `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${min}].`,
  )
}

/** The spaces are AWS's. */
export function lessThanProvisioned(reserved: number, provisioned: number): AwsError {
  return invalidParameter(
    ` ReservedConcurrentExecutions  ${reserved} should not be lower than ` +
      `function's total provisioned concurrency [${provisioned}].`,
  )
}

/** AWS's text for this is not recorded. */
export function isolatesTenants(): AwsError {
  return invalidParameter("Provisioned Concurrency isn't supported for functions that isolate tenants.")
}
