import { CreateQueueCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'

export interface Queue {
  readonly arn: string
  /** The next messages, or none where none come in time. */
  receive(waitSeconds?: number): Promise<readonly Message[]>
}

/**
 * A queue that takes what some may send it; asked for again, it is the same.
 *
 * @param from - whom its policy lets in: `Principal`, and maybe a `Condition`
 */
export async function queueTaking(sqs: SQSClient, name: string, from: object): Promise<Queue> {
  const arn = `arn:aws:sqs:us-east-1:000000000000:${name}`
  const Statement = [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arn, ...from }]
  const Attributes = { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }
  const kind = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {}
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { ...Attributes, ...kind } }),
  )
  return {
    arn,
    receive: async (WaitTimeSeconds = 10) => {
      const request = { QueueUrl, WaitTimeSeconds, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }
      return (await sqs.send(new ReceiveMessageCommand(request))).Messages ?? []
    },
  }
}
