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
  FifoTopic: (value) => {
    if (value === 'true') throw unsupported('A FIFO topic (FifoTopic)')
    if (value !== 'false') throw invalidParameter('FifoTopic')
  },
}

const KNOWN =
  /^(DeliveryPolicy|KmsMasterKeyId|SignatureVersion|ArchivePolicy|ContentBasedDeduplication|FifoThroughputScope|(HTTP|Firehose|Lambda|Application|SQS)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn))$/

/** Refuses what AWS does not know, and what lambdad does not carry out. */
export function checkTopicAttribute(name: string, value: string): void {
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
  if (check === undefined) {
    throw KNOWN.test(name) ? unsupported(`The topic attribute ${name}`) : invalidParameter('AttributeName')
  }
  check(value)
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
