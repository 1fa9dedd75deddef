import { parseArn } from '../../aws/arn.ts'
import {
  invalidAttributeName,
  invalidAttributeValue,
  invalidValue,
  notSupported,
  unknownAttribute,
} from './errors.ts'

export type Attributes = Readonly<Record<string, string>>

/** Inclusive; AWS SQS API Reference, "SetQueueAttributes". */
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ['true'],
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['messageGroup', 'queue'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
  SqsManagedSseEnabled: ['true', 'false'],
}

const DOCUMENTS = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy']
/** With these values no KMS key is used. */
const NO_ENCRYPTION: Attributes = { KmsMasterKeyId: '', KmsDataKeyReusePeriodSeconds: '300' }
const SHOWN_ONLY = [
  'All',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
]
const OF_FIFO = ['ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit']

const DEFAULTS: Attributes = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
}

const FIFO_DEFAULTS: Attributes = {
  ...DEFAULTS,
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoQueue: 'true',
  FifoThroughputLimit: 'perQueue',
}

export function defaultsFor(isFifo: boolean): Attributes {
  return isFifo ? FIFO_DEFAULTS : DEFAULTS
}

/** As they are kept: AWS takes `True` for `true`, and does not show that no KMS key is used. */
export function normalised(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([name, value]) => NO_ENCRYPTION[name] !== value)
      .map(([name, value]) => [name, /^(true|false)$/i.test(value) ? value.toLowerCase() : value]),
  )
}

/** Refuses what no queue can be given, or none of this type. */
export function checkAttributes(attributes: Attributes, isFifo: boolean): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (name in NO_ENCRYPTION) throw notSupported(`Encryption with a KMS key (${name})`)
    // † Of standard queues AWS does not know it at all.
    if (name === 'FifoQueue' && !isFifo) throw unknownAttribute(name)
    if (OF_FIFO.includes(name) && !isFifo) throw onlyOfFifo(name)
    checkValue(name, value)
  }
}

function onlyOfFifo(name: string) {
  return name === 'ContentBasedDeduplication'
    ? unknownAttribute(name)
    : invalidAttributeName(`You can specify the ${name} only when FifoQueue is set to true.`)
}

function checkValue(name: string, value: string): void {
  const range = RANGES[name]
  const choices = CHOICES[name]
  if (range !== undefined) checkRange(name, value, range)
  else if (choices !== undefined) {
    if (!choices.includes(value)) throw invalidAttributeValue(name)
  } else if (!DOCUMENTS.includes(name)) throw unknownAttribute(name)
  else if (value !== '') checkDocument(name, value)
}

function checkRange(name: string, value: string, [min, max]: readonly [number, number]): void {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < min || number > max) throw invalidAttributeValue(name)
}

function checkDocument(name: string, text: string): void {
  const document = parseObject(text)
  if (name === 'RedrivePolicy') checkRedrivePolicy(text, document)
  else if (document === undefined) throw invalidAttributeValue(name)
  else if (name === 'RedriveAllowPolicy') checkRedriveAllowPolicy(text, document)
}

/** † for the target; AWS SQS Developer Guide, "Configuring a dead-letter queue". */
function checkRedrivePolicy(text: string, document: Record<string, unknown> | undefined): void {
  const refused = (reason: string) => invalidValue(text, 'RedrivePolicy', reason)
  if (document === undefined) throw refused('Redrive policy is not a valid JSON map.')
  const { deadLetterTargetArn, maxReceiveCount } = document
  for (const name of ['deadLetterTargetArn', 'maxReceiveCount'])
    if (document[name] === undefined)
      throw refused(`Redrive policy does not contain mandatory attribute: ${name}.`)
  const other = Object.keys(document).find((key) => !['deadLetterTargetArn', 'maxReceiveCount'].includes(key))
  if (other !== undefined)
    throw refused('Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].')
  if (parseArn(String(deadLetterTargetArn))?.service !== 'sqs')
    throw refused('Invalid value for deadLetterTargetArn.')
  const count = Number(maxReceiveCount)
  if (!Number.isInteger(count) || count < 1 || count > 1000)
    throw refused(
      `Invalid value for maxReceiveCount: ${maxReceiveCount}, valid values are from 1 to 1000 both inclusive.`,
    )
}

/** AWS SQS API Reference, "SetQueueAttributes": up to 10 source queues, and with `byQueue` only. */
function checkRedriveAllowPolicy(text: string, document: Record<string, unknown>): void {
  const refused = (reason: string) => invalidValue(text, 'RedriveAllowPolicy', reason)
  const { redrivePermission = 'allowAll', sourceQueueArns } = document
  if (!['allowAll', 'denyAll', 'byQueue'].includes(String(redrivePermission)))
    throw refused('Invalid value for redrivePermission.')
  if (redrivePermission !== 'byQueue') {
    if (sourceQueueArns !== undefined)
      throw refused('sourceQueueArns can be given only where redrivePermission is byQueue.')
    return
  }
  const arns = Array.isArray(sourceQueueArns) ? sourceQueueArns : []
  if (arns.length < 1 || arns.length > 10) throw refused('There must be 1 to 10 sourceQueueArns.')
  if (arns.some((arn) => parseArn(String(arn))?.service !== 'sqs'))
    throw refused('Invalid value for sourceQueueArns.')
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** The attributes after a change: documents that are empty texts are taken away. */
export function changedAttributes(before: Attributes, change: Attributes): Attributes {
  const after = { ...before, ...change }
  for (const name of DOCUMENTS) if (after[name] === '') delete after[name]
  checkTogether(after)
  return after
}

/** AWS SQS Developer Guide, "High throughput for FIFO queues". */
function checkTogether({ DeduplicationScope, FifoThroughputLimit }: Attributes): void {
  if (FifoThroughputLimit === 'perMessageGroupId' && DeduplicationScope !== 'messageGroup')
    throw invalidAttributeValue(
      'FifoThroughputLimit',
      'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.',
    )
}

/** What GetQueueAttributes may be asked for. */
export function isAttributeName(name: string): boolean {
  return [...DOCUMENTS, ...SHOWN_ONLY].includes(name) || name in FIFO_DEFAULTS || name in NO_ENCRYPTION
}

/** Whether two texts of an attribute say the same; documents may differ in spaces. */
export function sameValue(name: string, one: string | undefined, other: string | undefined): boolean {
  if (one === other || (!one && !other)) return true
  if (!DOCUMENTS.includes(name) || !one || !other) return false
  return JSON.stringify(parseObject(one)) === JSON.stringify(parseObject(other))
}
