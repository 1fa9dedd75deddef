import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/error.ts'
import { maySend } from '../../aws/policy/resource-policy.ts'
import { DeliveryError, type Sender } from '../../aws/ports/delivery.ts'
import type { SnsPort, TopicMessage } from '../../aws/ports/sns.ts'
import { type Message, readMessage } from './message.ts'
import { type PublishDeps, publish } from './publish.ts'
import { type Topic, topicArn, topicOfArn } from './topic.ts'

/** What other services publish. */
export function createPort(deps: PublishDeps): SnsPort {
  const find = async (arn: string) => {
    const address = topicOfArn(arn)
    return address && deps.store.findTopic(address)
  }
  return {
    publish: async (arn, message, sender) => {
      const topic = await find(arn)
      if (topic === undefined) throw new DeliveryError('NotFound', 'NotFound', 'Topic does not exist')
      refuseUnlessAllowed(topic, sender)
      const [published] = await publish(deps, topic, [read(message, topic)])
      return { messageId: published?.id ?? '' }
    },
    exists: async (arn) => (await find(arn)) !== undefined,
  }
}

/** A role of the topic's own account needs no policy at the topic (IAM User Guide, "Policy evaluation logic"). */
function refuseUnlessAllowed(topic: Topic, sender: Sender): void {
  const arn = topicArn(topic)
  if (sender.roleArn !== undefined && parseArn(sender.roleArn)?.accountId === topic.accountId) return
  if (maySend(topic.attributes.Policy, 'sns:Publish', arn, sender)) return
  throw new DeliveryError(
    'AccessDenied',
    'AuthorizationError',
    `${sender.principal} is not authorized to perform: SNS:Publish on resource: ${arn}`,
  )
}

function read(given: TopicMessage, topic: Topic): Message {
  const attributes = Object.entries(given.attributes ?? {}).map(([name, one]) => [
    name,
    { DataType: one.dataType, StringValue: one.stringValue, BinaryValue: one.binaryValue },
  ])
  try {
    return readMessage(
      {
        Message: given.message,
        Subject: given.subject,
        MessageStructure: given.structure,
        MessageAttributes: Object.fromEntries(attributes),
        MessageGroupId: given.groupId,
        MessageDeduplicationId: given.deduplicationId,
      },
      topic,
      given.traceHeader,
    )
  } catch (error) {
    if (error instanceof AwsError) throw new DeliveryError('Invalid', error.queryCode, error.message, error)
    throw error
  }
}
