import type { Sender } from './delivery.ts'

export interface QueueMessage {
  readonly body: string
  readonly attributes?: Readonly<Record<string, QueueMessageAttribute>>
  /** The system attribute AWSTraceHeader. */
  readonly traceHeader?: string
  /** FIFO queues must have one; of standard queues it is the tenant for fair queues. */
  readonly groupId?: string
  /** FIFO queues only; the body's SHA-256 where the queue deduplicates by content. */
  readonly deduplicationId?: string
  readonly delaySeconds?: number
}

export interface QueueMessageAttribute {
  /** `String`, `Number` or `Binary`, maybe with a label: `String.uuid`. */
  readonly dataType: string
  readonly stringValue?: string
  readonly binaryValue?: Uint8Array
}

/** What a mapping or a subscription must know of a queue. */
export interface QueueFacts {
  readonly arn: string
  readonly isFifo: boolean
  readonly visibilityTimeoutSeconds: number
}

export interface ReceivedQueueMessage {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly md5OfBody: string
  /** All system attributes, in AWS's names: ApproximateReceiveCount, SentTimestamp, MessageGroupId … */
  readonly systemAttributes: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, QueueMessageAttribute>>
  readonly md5OfAttributes?: string
}

export interface ReceiveOptions {
  /** 1 to 10. */
  readonly max: number
  /** How long to wait for the first message, at most 20 s. */
  readonly waitMs: number
  /** The queue's own where absent. */
  readonly visibilityTimeoutSeconds?: number
  /** Ends the wait; messages that were already taken are still returned. */
  readonly signal?: AbortSignal
}

/** What other services ask of SQS. All throw `DeliveryError`. */
export interface SqsPort {
  /** Durable when it resolves. */
  send(queueArn: string, message: QueueMessage, sender: Sender): Promise<{ readonly messageId: string }>
  describe(queueArn: string): Promise<QueueFacts | undefined>
  receive(queueArn: string, options: ReceiveOptions): Promise<readonly ReceivedQueueMessage[]>
  delete(queueArn: string, receiptHandles: readonly string[]): Promise<void>
  changeVisibility(queueArn: string, receiptHandles: readonly string[], seconds: number): Promise<void>
}
