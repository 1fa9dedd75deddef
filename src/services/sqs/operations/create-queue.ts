import type { Call, SqsDeps, SqsOperation } from '../deps.ts'
import { queueNameExists } from '../errors.ts'
import { checkLinks } from '../links.ts'
import { type QueueKey, type QueueRecord, queueArn } from '../queue.ts'
import {
  type Attributes,
  changedAttributes,
  checkAttributes,
  defaultsFor,
  normalised,
  sameValue,
} from '../queue-attributes.ts'
import { checkQueueName } from '../queue-name.ts'
import { queueUrl } from '../queue-url.ts'
import { checkTags } from '../tags.ts'

export const createQueue: SqsOperation<'CreateQueue'> = async (deps, input, call) => {
  const name = input.QueueName ?? ''
  const attributes = normalised((input.Attributes ?? {}) as Attributes)
  const isFifo = attributes.FifoQueue === 'true'
  checkQueueName(name, isFifo)
  checkAttributes(attributes, isFifo)
  const tags = input.tags ?? {}
  checkTags(tags, name)
  const key = { accountId: call.accountId, region: call.region, name }
  const made = changedAttributes(defaultsFor(isFifo), attributes)
  const existing = await deps.directory.find(key)
  if (existing === undefined) {
    await checkLinks(deps, queueArn(key), isFifo, attributes)
    if (await create(deps, key, made, tags)) return { QueueUrl: queueUrl(key, call) }
  }
  return sameQueue(existing ?? (await deps.store.findQueue(key)), attributes, call)
}

function create(
  { store, clock }: SqsDeps,
  key: QueueKey,
  attributes: Attributes,
  tags: QueueRecord['tags'],
): Promise<QueueRecord | undefined> {
  const now = clock.now()
  return store.createQueue({ ...key, createdAt: now, modifiedAt: now, attributes, tags })
}

/** Making a queue again is no error where nothing that was asked for differs (API reference, "CreateQueue"). */
function sameQueue(existing: QueueRecord | undefined, attributes: Attributes, call: Call) {
  if (existing === undefined) throw queueNameExists('QueueName')
  for (const [name, value] of Object.entries(attributes))
    if (!sameValue(name, value, existing.attributes[name])) throw queueNameExists(name)
  return { QueueUrl: queueUrl(existing, call) }
}
