import type { Sender } from './delivery.ts'
import type { QueueMessageAttribute } from './sqs.ts'

export interface TopicMessage {
  readonly message: string
  readonly subject?: string
  readonly attributes?: Readonly<Record<string, QueueMessageAttribute>>
  /** FIFO topics only. */
  readonly groupId?: string
  readonly deduplicationId?: string
  /** Handed on to the subscribers; its lineage tells recursive loops. */
  readonly traceHeader?: string
  /** Where `message` is JSON with one text for each protocol. */
  readonly structure?: 'json'
}

/** What other services ask of SNS. Throws `DeliveryError`. */
export interface SnsPort {
  /** Durable when it resolves; its subscribers get it afterwards. */
  publish(topicArn: string, message: TopicMessage, sender: Sender): Promise<{ readonly messageId: string }>
  exists(topicArn: string): Promise<boolean>
}
