import { parseArn } from '../../aws/arn.ts'
import { readTopicPolicy } from './delivery-policy.ts'
import { invalidParameter, unsupported } from './errors.ts'

/** A value as it is kept; undefined where it takes the attribute away. @throws AwsError where it is no value */
type Read = (value: string) => string | undefined

/** Those of AWS's attributes that are carried out. */
const READERS: Readonly<Record<string, Read>> = {
  DisplayName: (value) => {
    if (value.length > 100) throw invalidParameter('DisplayName')
    return value
  },
  DeliveryPolicy: readTopicPolicy,
  Policy: readPolicy,
  TracingConfig: (value) => {
    if (value === 'Active') throw unsupported('TracingConfig Active')
    return oneOf('TracingConfig', ['PassThrough'])(value)
  },
  SignatureVersion: oneOf('SignatureVersion', ['1', '2']),
  FifoTopic: (value) => (oneOf('FifoTopic', ['true', 'false'])(value) === 'true' ? value : undefined),
  ContentBasedDeduplication: oneOf('ContentBasedDeduplication', ['true', 'false']),
  FifoThroughputScope: oneOf('FifoThroughputScope', ['Topic', 'MessageGroup']),
}

/** Carried out by nobody yet: only their being taken away is taken. */
const TO_COME = /^(KmsMasterKeyId|ArchivePolicy|Firehose(Success|Failure)FeedbackRoleArn)$/

/** As whom deliveries are logged. */
const FEEDBACK_ROLE = /^(HTTP|Lambda|Application|SQS)(Success|Failure)FeedbackRoleArn$/

/** What share of successes is logged where there is a role to log as: Terraform sets it to 0 for every topic. */
const SAMPLE_RATE = /^(HTTP|Firehose|Lambda|Application|SQS)SuccessFeedbackSampleRate$/

/** What only FIFO topics have. */
const ONLY_FIFO = ['ContentBasedDeduplication', 'FifoThroughputScope']

/** The attributes as they are kept. Refuses what AWS does not know, and what lambdad does not carry out. */
export function readTopicAttributes(
  given: Readonly<Record<string, string>>,
  isFifo: boolean,
): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const kept = readerOf(name, isFifo)(value)
    if (kept !== undefined) attributes[name] = kept
  }
  return attributes
}

function readerOf(name: string, isFifo: boolean): Read {
  if (SAMPLE_RATE.test(name)) return readPercentage(name)
  if (FEEDBACK_ROLE.test(name)) return readRole(name)
  if (TO_COME.test(name)) return readNothing(name)
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined
  if (read === undefined) throw invalidParameter('AttributeName')
  if (ONLY_FIFO.includes(name) && !isFifo) {
    throw invalidParameter(`${name} Reason: it can only be set for FIFO topics`)
  }
  return read
}

function readPercentage(name: string): Read {
  return (value) => {
    if (!/^(\d{1,2}|100)$/.test(value)) throw invalidParameter(`${name} Reason: it must be between 0 and 100`)
    return value
  }
}

function readRole(name: string): Read {
  return (value) => {
    if (value === '') return undefined
    const { service, resource } = parseArn(value) ?? {}
    if (service !== 'iam' || !resource?.startsWith('role/')) throw invalidParameter(name)
    return value
  }
}

function readNothing(name: string): Read {
  return (value) => {
    if (value !== '') throw unsupported(`The topic attribute ${name}`)
    return undefined
  }
}

function oneOf(name: string, values: readonly string[]): (value: string) => string {
  return (value) => {
    if (!values.includes(value)) throw invalidParameter(name)
    return value
  }
}

/** Nothing stands for AWS's own. */
function readPolicy(text: string): string | undefined {
  if (text === '') return undefined
  try {
    const { Statement } = JSON.parse(text)
    const statements: unknown[] = Array.isArray(Statement) ? Statement : [Statement]
    if (statements.every((one) => typeof one === 'object' && one !== null)) return text
  } catch {
    // Refused with the same words as what parses and is no policy.
  }
  throw invalidParameter('Policy Error: null')
}
