import { invalidParameter, unsupported } from './errors.ts'

type Check = (value: string) => void

/** Those of AWS's attributes that are carried out, and what their values may be. */
const CHECKS: Readonly<Record<string, Check>> = {
  DisplayName: (value) => {
    if (value.length > 100) throw invalidParameter('DisplayName')
  },
  Policy: checkPolicy,
  TracingConfig: (value) => {
    if (value === 'Active') throw unsupported('TracingConfig Active')
    if (value !== 'PassThrough') throw invalidParameter('TracingConfig')
  },
  FifoTopic: (value) => checkIsOneOf('FifoTopic', value, ['true', 'false']),
  ContentBasedDeduplication: (value) => checkIsOneOf('ContentBasedDeduplication', value, ['true', 'false']),
  FifoThroughputScope: (value) => checkIsOneOf('FifoThroughputScope', value, ['Topic', 'MessageGroup']),
}

const KNOWN =
  /^(DeliveryPolicy|KmsMasterKeyId|SignatureVersion|ArchivePolicy|(HTTP|Firehose|Lambda|Application|SQS)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn))$/

/** What only FIFO topics have. */
const ONLY_FIFO = ['ContentBasedDeduplication', 'FifoThroughputScope']

/** Refuses what AWS does not know, and what lambdad does not carry out. */
export function checkTopicAttribute(name: string, value: string, isFifo: boolean): void {
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
  if (check === undefined) {
    throw KNOWN.test(name) ? unsupported(`The topic attribute ${name}`) : invalidParameter('AttributeName')
  }
  if (ONLY_FIFO.includes(name) && !isFifo) {
    throw invalidParameter(`${name} Reason: it can only be set for FIFO topics`)
  }
  check(value)
}

function checkIsOneOf(name: string, value: string, values: readonly string[]): void {
  if (!values.includes(value)) throw invalidParameter(name)
}

function checkPolicy(text: string): void {
  try {
    const { Statement } = JSON.parse(text)
    if (Array.isArray(Statement) && Statement.every((one) => typeof one === 'object' && one !== null)) return
    if (typeof Statement === 'object' && Statement !== null) return
  } catch {
    // Refused with the same words as what parses and is no policy.
  }
  throw invalidParameter('Policy Error: null')
}
