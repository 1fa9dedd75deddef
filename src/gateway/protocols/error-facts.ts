import type { AwsError, Fault } from '../../aws/error.ts'
import { type Schema, traitsOf, tupleOf } from '../model/schema.ts'
import type { ErrorContext } from './protocol.ts'

/** An error with what its service's model says of it: all that an envelope needs. */
export interface ErrorFacts {
  /** `ResourceNotFoundException` */
  readonly name: string
  /** With its namespace: `com.amazonaws.sqs#QueueDoesNotExist`. */
  readonly fullName: string
  /** The name of the Query protocol: `AWS.SimpleQueueService.NonExistentQueue`. */
  readonly queryCode: string
  readonly status: number
  readonly queryStatus: number
  readonly sender: 'Sender' | 'Receiver'
  readonly message: string
  /** Undefined for errors that no model lists. */
  readonly schema: Schema | undefined
  /** The members, the message in the spelling that the model has for it: `message` or `Message`. */
  readonly members: Readonly<Record<string, unknown>>
  readonly messageMember: string | undefined
}

export function errorFacts(error: AwsError, { model, definition }: ErrorContext): ErrorFacts {
  const schema = model?.errors.get(error.code)
  if (schema === undefined) return unmodelledFacts(error, definition?.namespace)

  const traits = traitsOf(schema)
  const fault = traits.error ?? faultOf(error.status ?? 400)
  const status = traits.httpError ?? error.status ?? (fault === 'client' ? 400 : 500)
  const [, namespace, name, , memberNames] = tupleOf(schema)
  const messageMember = memberNames.find((member) => member.toLowerCase() === 'message')
  return {
    name,
    fullName: `${namespace}#${name}`,
    queryCode: traits.awsQueryError?.[0] ?? name,
    status,
    queryStatus: traits.awsQueryError?.[1] ?? status,
    sender: senderOf(fault),
    message: error.message,
    schema,
    members: {
      ...(memberNames.includes('Type') ? { Type: fault === 'client' ? 'User' : 'Service' } : {}),
      ...error.members,
      ...(messageMember === undefined ? {} : { [messageMember]: error.message }),
    },
    messageMember,
  }
}

function unmodelledFacts(error: AwsError, namespace: string | undefined): ErrorFacts {
  const status = error.status ?? 400
  return {
    name: error.code,
    fullName: namespace === undefined ? error.code : `${namespace}#${error.code}`,
    queryCode: error.queryCode,
    status,
    queryStatus: status,
    sender: senderOf(faultOf(status)),
    message: error.message,
    schema: undefined,
    members: { ...error.members, message: error.message },
    messageMember: 'message',
  }
}

function faultOf(status: number): Fault {
  return status < 500 ? 'client' : 'server'
}

/** The words of XML envelopes and of `x-amzn-query-error`. */
function senderOf(fault: Fault): 'Sender' | 'Receiver' {
  return fault === 'client' ? 'Sender' : 'Receiver'
}
