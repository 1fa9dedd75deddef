import type { SqsDeps, SqsOperation } from '../deps.ts'
import { invalidAttributeValue, queueDoesNotExist, unknownAttribute } from '../errors.ts'
import { checkLinks } from '../links.ts'
import type { Queue } from '../queue.ts'
import {
  type Attributes,
  changedAttributes,
  checkAttributes,
  isAttributeName,
  normalised,
} from '../queue-attributes.ts'
import { findQueue } from '../resolve.ts'
import type { MessageCounts } from '../store.ts'

const COUNTS: Readonly<Record<string, keyof MessageCounts>> = {
  ApproximateNumberOfMessages: 'visible',
  ApproximateNumberOfMessagesNotVisible: 'inFlight',
  ApproximateNumberOfMessagesDelayed: 'delayed',
}

export const getQueueAttributes: SqsOperation<'GetQueueAttributes'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'GetQueueAttributes')
  const names: readonly string[] = input.AttributeNames ?? []
  // Recorded from AWS.
  const unknown = names.find((name) => !isAttributeName(name))
  if (unknown !== undefined) throw unknownAttribute(unknown)
  if (names.length === 0) return {}
  const wantsAll = names.includes('All')
  const wantsCounts = wantsAll || names.some((name) => COUNTS[name] !== undefined)
  const counts = wantsCounts ? await deps.store.counts(queue, deps.clock.now()) : undefined
  const all = allAttributes(queue, counts)
  const wanted = wantsAll
    ? all
    : Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
  return { Attributes: wanted }
}

function allAttributes(queue: Queue, counts: MessageCounts | undefined): Record<string, string> {
  const seconds = (ms: number) => String(Math.trunc(ms / 1000))
  const all: Record<string, string> = {
    QueueArn: queue.arn,
    CreatedTimestamp: seconds(queue.createdAt),
    LastModifiedTimestamp: seconds(queue.modifiedAt),
    ...queue.attributes,
  }
  for (const [name, count] of Object.entries(COUNTS))
    if (counts !== undefined) all[name] = String(counts[count])
  return all
}

export const setQueueAttributes: SqsOperation<'SetQueueAttributes'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, undefined)
  const change = normalised((input.Attributes ?? {}) as Attributes)
  refuseTypeChange(queue, change)
  checkAttributes(change, queue.isFifo)
  await checkLinks(deps, queue.arn, queue.isFifo, change)

  const changed = await deps.store.changeQueue(queue.id, ({ attributes }) => ({
    attributes: changedAttributes(attributes, change),
    modifiedAt: deps.clock.now(),
  }))
  if (changed === undefined) throw queueDoesNotExist()
  if (change.DelaySeconds !== undefined) await delayWhatIsThere(deps, queue, Number(change.DelaySeconds))
  return {}
}

/** Of FIFO queues only (AWS SQS Developer Guide, "Delay queues"). */
async function delayWhatIsThere(
  { store, mailbox, clock }: SqsDeps,
  queue: Queue,
  seconds: number,
): Promise<void> {
  if (!queue.isFifo || seconds * 1000 === queue.delayMs) return
  await store.changeDelay(queue, seconds * 1000, clock.now())
  mailbox.arrived(queue, 1)
}

/** Recorded from AWS, in both ways. */
function refuseTypeChange({ isFifo }: Queue, { FifoQueue }: Attributes): void {
  if (FifoQueue === undefined) return
  if (!isFifo) throw unknownAttribute('FifoQueue')
  if (FifoQueue !== 'true') throw invalidAttributeValue('FifoQueue', 'Modifying queue type is not supported.')
}
