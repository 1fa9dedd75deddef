import { AwsError } from '../../../aws/error.ts'
import type { SnsOperation } from '../deps.ts'
import {
  batchTooLong,
  emptyBatch,
  idsNotDistinct,
  invalidEntryId,
  invalidParameter,
  tooManyEntries,
  unsupported,
} from '../errors.ts'
import { MESSAGE_BYTES_MAX, type Message, type MessageInput, readMessage } from '../message.ts'
import { attributesBytes } from '../message-attributes.ts'
import { type Published, publish } from '../publish.ts'
import { existingTopic } from '../resolve.ts'
import type { Topic } from '../topic.ts'

export const publishMessage: SnsOperation<'Publish'> = async (deps, input, call) => {
  const { TopicArn, TargetArn, PhoneNumber } = input
  if (PhoneNumber !== undefined) throw unsupported('Publishing to a phone number (PhoneNumber)')
  const arn = TopicArn ?? TargetArn
  if (arn === undefined) {
    throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter')
  }
  if (/:(endpoint|app)\//.test(arn)) throw unsupported('Publishing to a mobile application')
  const topic = await existingTopic(deps.store, arn, call, 'Publish')
  const [published] = await publish(deps, topic, [readMessage(input, topic, call.traceHeader)])
  return shown(published)
}

function shown(published: Published | undefined) {
  const { id: MessageId, sequenceNumber: SequenceNumber } = published ?? { id: '' }
  return { MessageId, ...(SequenceNumber !== undefined && { SequenceNumber }) }
}

const ENTRIES_MAX = 10

interface Entry extends MessageInput {
  readonly Id: string | undefined
}

/** Entries fail one by one; those that are taken are durable together. */
export const publishBatch: SnsOperation<'PublishBatch'> = async (deps, input, call) => {
  const entries: readonly Entry[] = input.PublishBatchRequestEntries ?? []
  const topic = await existingTopic(deps.store, input.TopicArn, call, 'Publish')
  checkBatch(entries)
  const read = entries.map((entry) => ({ Id: entry.Id, result: tried(entry, topic, call.traceHeader) }))
  const good = read.flatMap(({ Id, result }) => (result instanceof AwsError ? [] : [{ Id, message: result }]))
  const published = await publish(
    deps,
    topic,
    good.map(({ message }) => message),
  )
  const Failed = read.flatMap(({ Id, result }) =>
    result instanceof AwsError
      ? [{ Id, Code: result.queryCode, Message: result.message, SenderFault: true }]
      : [],
  )
  return { Successful: good.map(({ Id }, index) => ({ Id, ...shown(published[index]) })), Failed }
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

function tried(entry: Entry, topic: Topic, traceHeader: string | undefined): Message | AwsError {
  try {
    return readMessage(entry, topic, traceHeader)
  } catch (error) {
    if (error instanceof AwsError) return error
    throw error
  }
}
