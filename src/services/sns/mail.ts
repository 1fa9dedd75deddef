/**
 * An e-mail, a text message or a push notification. lambdad has nobody who would carry it: it is kept for whoever runs lambdad to read,
 * under `/_lambdad/sns/outbox`.
 */
export interface Mail {
  readonly protocol: string
  /** An address, a phone number, or a device's endpoint. */
  readonly to: string
  readonly messageId: string
  /** Absent of what was published to a number or a device. */
  readonly topicArn?: string
  readonly sentAt: string
  /** Of e-mails. */
  readonly subject?: string
  readonly body: string
  /** Of one that asks to confirm. */
  readonly token?: string
  readonly subscribeUrl?: string
  /** Of push notifications. */
  readonly deviceToken?: string
  /** Of text messages. */
  readonly senderId?: string
  readonly smsType?: string
}

/** Of an account and region; the oldest go for what comes. */
export const MAIL_MAX = 1000
