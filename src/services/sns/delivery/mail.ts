import type { Mail } from '../mail.ts'
import type { PlatformEndpoint } from '../platform.ts'
import type { Seal } from '../signing/signer.ts'
import type { AccountSettings } from '../sms.ts'
import type { Delivery } from './delivery.ts'
import { confirmUrl, envelope, timestampOf, typeOf, unsubscribeUrl } from './envelope.ts'

const SUBJECTS = {
  Notification: 'AWS Notification Message',
  SubscriptionConfirmation: 'AWS Notification - Subscription Confirmation',
  UnsubscribeConfirmation: 'AWS Notification - Unsubscribe Confirmation',
} as const

/** What would be sent to an e-mail address. */
export function emailOf(delivery: Delivery, seal: Seal | undefined): Mail {
  const { protocol, endpoint, messageId, topicArn, subject, token } = delivery
  return {
    protocol,
    to: endpoint,
    messageId,
    topicArn,
    sentAt: timestampOf(delivery),
    subject: subject ?? SUBJECTS[typeOf(delivery)],
    body: protocol === 'email-json' ? envelope(delivery, seal) : emailText(delivery),
    ...(token !== undefined && { token, subscribeUrl: confirmUrl(delivery, token) }),
  }
}

function emailText(delivery: Delivery): string {
  const { text, token } = delivery
  if (token !== undefined) return `${text}\n${confirmUrl(delivery, token)}\n`
  const footer = 'If you wish to stop receiving notifications from this topic, please visit the link below:'
  return `${text}\n\n--\n${footer}\n${unsubscribeUrl(delivery)}\n`
}

/** Amazon SNS Developer Guide, "Publishing to a mobile phone": attributes of a message that are the sender's wishes. */
const WISHES = { 'AWS.SNS.SMS.SenderID': 'senderId', 'AWS.SNS.SMS.SMSType': 'smsType' } as const

const DEFAULTS = { senderId: 'DefaultSenderID', smsType: 'DefaultSMSType' } as const

/** What would be sent to a phone. */
export function smsOf(delivery: Delivery, settings: AccountSettings): Mail {
  const { endpoint, messageId, topicArn, text, attributes } = delivery
  const wishes = (Object.keys(WISHES) as (keyof typeof WISHES)[]).flatMap((name) => {
    const as = WISHES[name]
    const value = attributes[name]?.Value ?? settings.sms[DEFAULTS[as]]
    return value === undefined ? [] : [[as, value]]
  })
  return {
    protocol: 'sms',
    to: endpoint,
    messageId,
    ...(topicArn !== '' && { topicArn }),
    sentAt: timestampOf(delivery),
    body: text,
    ...Object.fromEntries(wishes),
  }
}

/** What would be handed to a device's push service. */
export function pushOf(delivery: Delivery, { token }: PlatformEndpoint): Mail {
  const { endpoint, messageId, topicArn, text, subject } = delivery
  return {
    protocol: 'application',
    to: endpoint,
    messageId,
    ...(topicArn !== '' && { topicArn }),
    sentAt: timestampOf(delivery),
    ...(subject !== undefined && { subject }),
    body: text,
    deviceToken: token,
  }
}
