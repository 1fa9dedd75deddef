import { AwsError } from '../../aws/error.ts'
import { SENDABLE_CHARACTERS } from './sendable.ts'

// Texts marked † were recorded from AWS (public snapshots of emulators' test suites, 2022 to 2024); the others say
// the same as AWS's documentation does. AWS's JSON protocol has names of its own for the two commonest errors.

export function invalidParameterValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' })
}

/** † */
export function missingParameter(name: string): AwsError {
  return new AwsError('MissingRequiredParameterException', missingText(name), {
    queryCode: 'MissingParameter',
  })
}

/** † A batch says of its entries what a single message is told, but not under the same code. */
export function missingInEntry(name: string): AwsError {
  return invalidParameterValue(missingText(name))
}

function missingText(name: string): string {
  return `The request must contain the parameter ${name}.`
}

/** † `Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.` */
export function invalidValue(value: unknown, parameter: string, reason: string): AwsError {
  return invalidParameterValue(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`)
}

/** † in both protocols */
export function queueDoesNotExist(): AwsError {
  return new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', {
    queryMessage: 'The specified queue does not exist for this wsdl version.',
  })
}

/** † */
export function queueNameExists(attribute: string): AwsError {
  return new AwsError(
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  )
}

/** † */
export function unknownAttribute(name: string): AwsError {
  return new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
}

export function invalidAttributeName(message: string): AwsError {
  return new AwsError('InvalidAttributeName', message)
}

/** † */
export function invalidAttributeValue(name: string, reason?: string): AwsError {
  const because = reason === undefined ? '' : ` Reason: ${reason}`
  return new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.${because}`)
}

export function invalidAddress(address: string): AwsError {
  return new AwsError('InvalidAddress', `The address ${address} is not valid for this endpoint.`)
}

export function accessDenied(resource: string): AwsError {
  return new AwsError('AccessDeniedException', `Access to the resource ${resource} is denied.`, {
    status: 403,
    queryCode: 'AccessDenied',
  })
}

/** † */
export function purgeInProgress(queueName: string): AwsError {
  return new AwsError(
    'PurgeQueueInProgress',
    `Only one PurgeQueue operation on ${queueName} is allowed every 60 seconds.`,
  )
}

export function receiptHandleIsInvalid(handle: string): AwsError {
  return new AwsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  )
}

/** † */
export function receiptHandleExpired(handle: string): AwsError {
  return invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.')
}

/** † */
export function messageNotAvailable(handle: string): AwsError {
  return invalidValue(
    handle,
    'ReceiptHandle',
    'Message does not exist or is not available for visibility timeout change.',
  )
}

export function overLimit(inFlightMax: number): AwsError {
  return new AwsError('OverLimit', `The maximum number of messages in flight is reached: ${inFlightMax}.`)
}

export function tooManyActions(found: number, max: number): AwsError {
  return new AwsError('OverLimit', `${found} Actions were found, maximum allowed is ${max}.`)
}

/** † in both words */
export function messageTooLong(bytesMax: number, isEntry: boolean): AwsError {
  const are = isEntry ? 'cannot be validated' : 'are invalid'
  return invalidParameterValue(
    `One or more parameters ${are}. Reason: Message must be shorter than ${bytesMax} bytes.`,
  )
}

export function invalidMessageContents(): AwsError {
  return new AwsError('InvalidMessageContents', `Invalid characters found. ${SENDABLE_CHARACTERS}`)
}

/** † */
export function batchTooLong(bytesMax: number, bytes: number): AwsError {
  return new AwsError(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${bytesMax} bytes. You have sent ${bytes} bytes.`,
  )
}

/** † */
export function tooManyEntries(max: number, sent: number): AwsError {
  return new AwsError(
    'TooManyEntriesInBatchRequest',
    `Maximum number of entries per request are ${max}. You have sent ${sent}.`,
  )
}

export function emptyBatch(entryName: string): AwsError {
  return new AwsError('EmptyBatchRequest', `There should be at least one ${entryName} in the request.`)
}

/** † */
export function invalidBatchEntryId(): AwsError {
  return new AwsError(
    'InvalidBatchEntryId',
    'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
  )
}

export function batchEntryIdsNotDistinct(id: string): AwsError {
  return new AwsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`)
}

export function resourceNotFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message)
}

export function unsupportedOperation(message: string): AwsError {
  return new AwsError('UnsupportedOperation', message)
}

/** What AWS takes and we do not carry out is refused rather than ignored. */
export function notSupported(what: string): AwsError {
  return new AwsError('UnsupportedOperation', `${what} is not supported by lambdad yet.`)
}
