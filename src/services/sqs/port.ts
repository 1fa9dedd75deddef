import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/error.ts'
import { maySend } from '../../aws/policy/resource-policy.ts'
import { DeliveryError, type DeliveryFault, type Sender } from '../../aws/ports/delivery.ts'
import type { QueueMessage, SqsPort } from '../../aws/ports/sqs.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { QueueDirectory } from './directory.ts'
import type { Mailbox, Received } from './mailbox.ts'
import { attributesMd5, bodyMd5 } from './message-attributes.ts'
import { type Outgoing, prepareMessage } from './outgoing.ts'
import type { Queue } from './queue.ts'
import { systemAttributesOf } from './system-attributes.ts'

export interface SqsPortDeps {
  readonly directory: QueueDirectory
  readonly mailbox: Mailbox
  readonly clock: Clock
  readonly random: Random
}

/** SQS as other services see it. */
export function createSqsPort(deps: SqsPortDeps): SqsPort {
  const { directory, mailbox } = deps
  return {
    send: async (arn, message, sender) => {
      const queue = await find(directory, arn)
      refuseUnlessAllowed(queue, sender)
      const { clock, random } = deps
      const envelope = {
        messageId: random.uuid(),
        senderId: sender.principal,
        traceHeader: message.traceHeader,
        now: clock.now(),
        isEntry: false,
      }
      return delivering(async () => {
        const [sent] = await mailbox.send(queue, [prepareMessage(queue, outgoing(queue, message), envelope)])
        return { messageId: sent?.messageId ?? envelope.messageId }
      })
    },
    describe: async (arn) => {
      const queue = await directory.findByArn(arn)
      return (
        queue && {
          arn: queue.arn,
          isFifo: queue.isFifo,
          visibilityTimeoutSeconds: queue.visibilityTimeoutMs / 1000,
        }
      )
    },
    receive: async (arn, { max, waitMs, visibilityTimeoutSeconds, signal }) => {
      const queue = await find(directory, arn)
      const hiddenMs =
        visibilityTimeoutSeconds === undefined ? queue.visibilityTimeoutMs : visibilityTimeoutSeconds * 1000
      const received = await delivering(() => mailbox.receive(queue, { max, waitMs, hiddenMs, signal }))
      return received.map(toQueueMessage)
    },
    delete: async (arn, receiptHandles) => {
      if (receiptHandles.length === 0) return
      const queue = await find(directory, arn)
      const errors = await delivering(() => mailbox.delete(queue, receiptHandles))
      for (const error of errors) if (error !== undefined) throw deliveryError(error)
    },
    changeVisibility: async (arn, receiptHandles, seconds) => {
      if (receiptHandles.length === 0) return
      const queue = await find(directory, arn)
      const changes = receiptHandles.map((receiptHandle) => ({ receiptHandle, hiddenMs: seconds * 1000 }))
      await delivering(() => mailbox.changeVisibility(queue, changes))
    },
  }
}

async function find(directory: QueueDirectory, arn: string): Promise<Queue> {
  const queue = await directory.findByArn(arn)
  if (queue !== undefined) return queue
  throw new DeliveryError(
    'NotFound',
    'AWS.SimpleQueueService.NonExistentQueue',
    'The specified queue does not exist.',
  )
}

/** A role of the queue's own account needs no policy at the queue (IAM User Guide, "Policy evaluation logic"). */
function refuseUnlessAllowed(queue: Queue, sender: Sender): void {
  if (sender.roleArn !== undefined && parseArn(sender.roleArn)?.accountId === queue.accountId) return
  if (maySend(queue.attributes.Policy, 'sqs:SendMessage', queue.arn, sender)) return
  throw new DeliveryError(
    'AccessDenied',
    'AccessDenied',
    `The policy of ${queue.arn} does not let ${sender.principal} send messages for ${sender.sourceArn}.`,
  )
}

function outgoing(queue: Queue, message: QueueMessage): Outgoing {
  const attributes = Object.entries(message.attributes ?? {}).map(([name, attribute]) => [
    name,
    {
      DataType: attribute.dataType,
      StringValue: attribute.stringValue,
      BinaryValue: attribute.binaryValue,
    },
  ])
  return {
    MessageBody: message.body,
    MessageAttributes: Object.fromEntries(attributes),
    DelaySeconds: message.delaySeconds,
    MessageGroupId: message.groupId,
    // Services hand on what they have; a standard queue has no use for it.
    MessageDeduplicationId: queue.isFifo ? message.deduplicationId : undefined,
  }
}

function toQueueMessage({ message, receiptHandle }: Received) {
  const md5OfAttributes = attributesMd5(message.attributes)
  return {
    messageId: message.messageId,
    receiptHandle,
    body: message.body,
    md5OfBody: bodyMd5(message.body),
    systemAttributes: systemAttributesOf(message),
    attributes: message.attributes ?? {},
    ...(md5OfAttributes !== undefined && { md5OfAttributes }),
  }
}

async function delivering<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    throw deliveryError(error)
  }
}

const FAULTS: Readonly<Record<string, DeliveryFault>> = {
  OverLimit: 'Throttled',
  QueueDoesNotExist: 'NotFound',
}

function deliveryError(error: unknown): DeliveryError {
  if (error instanceof AwsError)
    return new DeliveryError(FAULTS[error.code] ?? 'Invalid', error.queryCode, error.message, error)
  const message = error instanceof Error ? error.message : String(error)
  return new DeliveryError('Unavailable', 'InternalFailure', message, error)
}
