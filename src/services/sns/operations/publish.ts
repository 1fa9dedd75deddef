import type { Call } from '../../../aws/operation.ts'
import { directTo } from '../delivery/delivery.ts'
import type { SnsDeps, SnsOperation } from '../deps.ts'
import {
  batchTooLong,
  emptyBatch,
  endpointDisabled,
  idsNotDistinct,
  invalidEntryId,
  invalidParameter,
  tooManyEntries,
} from '../errors.ts'
import { MESSAGE_BYTES_MAX, type MessageInput, readMessage } from '../message.ts'
import { attributesBytes } from '../message-attributes.ts'
import { checkPhoneNumber } from '../phone-number.ts'
import { type Published, publish } from '../publish.ts'
import { existingTopic } from '../resolve.ts'
import type { Subscription } from '../subscription.ts'

export const publishMessage: SnsOperation<'Publish'> = async (deps, input, call) => {
  const { TopicArn, TargetArn, PhoneNumber } = input
  if (PhoneNumber !== undefined) return publishToPhone(deps, PhoneNumber, input, call)
  const arn = TopicArn ?? TargetArn
  if (arn === undefined) {
    throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter')
  }
  if (/:endpoint\//.test(arn)) return publishToDevice(deps, arn, input, call)
  const topic = await existingTopic(deps.store, arn, call, 'Publish')
  const [published] = await publish(deps, topic, [readMessage(input, topic, call.traceHeader)])
  return shown(published)
}

function publishToPhone(deps: SnsDeps, number: string, input: MessageInput, call: Call) {
  checkPhoneNumber(number)
  return publishTo(deps, { protocol: 'sms', endpoint: number }, input, call)
}

async function publishToDevice(deps: SnsDeps, arn: string, input: MessageInput, call: Call) {
  const endpoint = await deps.store.findEndpoint(arn)
  const { accountId, region } = endpoint?.application ?? {}
  if (endpoint === undefined || accountId !== call.accountId || region !== call.region) {
    throw invalidParameter('TargetArn Reason: No endpoint found for the target arn specified')
  }
  if (!endpoint.isEnabled) throw endpointDisabled()
  return publishTo(deps, { protocol: 'application', endpoint: arn }, input, call)
}

async function publishTo(
  { store, random, clock, addToOutbox }: SnsDeps,
  target: Pick<Subscription, 'protocol' | 'endpoint'>,
  input: MessageInput,
  { accountId, region, traceHeader }: Call,
) {
  const read = readMessage(input, NO_TOPIC, traceHeader)
  const message = { ...read, id: random.uuid(), at: clock.now() }
  const item = directTo(target, { accountId, region }, message)
  await store.change((editor) => addToOutbox(editor.transaction, [item]))
  return shown(message)
}

/** What is published to a number or a device is read as for a standard topic. */
const NO_TOPIC = { attributes: {} }

function shown(published: Published | undefined) {
  const { id: MessageId, sequenceNumber: SequenceNumber } = published ?? { id: '' }
  return { MessageId, ...(SequenceNumber !== undefined && { SequenceNumber }) }
}

const ENTRIES_MAX = 10

interface Entry extends MessageInput {
  readonly Id: string | undefined
}

/** All entries are durable together: AWS refuses a batch for one that is wrong, and so nothing fails by itself. */
export const publishBatch: SnsOperation<'PublishBatch'> = async (deps, input, call) => {
  const entries: readonly Entry[] = input.PublishBatchRequestEntries ?? []
  const topic = await existingTopic(deps.store, input.TopicArn, call, 'Publish')
  checkBatch(entries)
  const messages = entries.map((entry) => readMessage(entry, topic, call.traceHeader))
  const published = await publish(deps, topic, messages)
  return { Successful: entries.map(({ Id }, index) => ({ Id, ...shown(published[index]) })), Failed: [] }
}

function checkBatch(entries: readonly Entry[]): void {
  if (entries.length === 0) throw emptyBatch()
  if (entries.length > ENTRIES_MAX) throw tooManyEntries()
  if (entries.some(({ Id = '' }) => !/^[\w-]{1,80}$/.test(Id))) throw invalidEntryId()
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) throw idsNotDistinct()
  const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0)
  if (bytes > MESSAGE_BYTES_MAX) throw batchTooLong()
}

function bytesOf({ Message = '', MessageAttributes = {} }: Entry): number {
  const attributes = Object.entries(MessageAttributes).map(([name, one]) => [
    name,
    { dataType: one.DataType ?? '', stringValue: one.StringValue ?? '', binaryValue: one.BinaryValue },
  ])
  return Buffer.byteLength(Message) + attributesBytes(Object.fromEntries(attributes))
}
