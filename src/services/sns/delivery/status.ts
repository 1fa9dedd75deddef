import { createHash } from 'node:crypto'
import { formatArn, parseArn } from '../../../aws/arn.ts'
import type { DeliveryError, DeliveryFault } from '../../../aws/ports/delivery.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import type { Protocol } from '../subscription.ts'
import type { Topic } from '../topic.ts'
import type { Delivery } from './delivery.ts'

/** As whom deliveries are logged, and what share of the good ones. */
export interface Feedback {
  readonly successRole?: string
  /** 0 to 100. */
  readonly successRate: number
  readonly failureRole?: string
}

const PREFIXES: Readonly<Partial<Record<Protocol, string>>> = {
  application: 'Application',
  http: 'HTTP',
  https: 'HTTP',
  lambda: 'Lambda',
  sqs: 'SQS',
}

/** What a topic's attributes say of a protocol; undefined where nothing is logged. */
export function feedbackOf({ attributes }: Topic, protocol: Protocol): Feedback | undefined {
  const prefix = PREFIXES[protocol]
  if (prefix === undefined) return undefined
  const successRole = attributes[`${prefix}SuccessFeedbackRoleArn`]
  const failureRole = attributes[`${prefix}FailureFeedbackRoleArn`]
  if (successRole === undefined && failureRole === undefined) return undefined
  return {
    successRate: Number(attributes[`${prefix}SuccessFeedbackSampleRate`] ?? 0),
    ...(successRole !== undefined && { successRole }),
    ...(failureRole !== undefined && { failureRole }),
  }
}

/** What a target said to a delivery. */
export interface Answer {
  readonly statusCode: number
  readonly providerResponse: string
}

const STATUS: Readonly<Record<DeliveryFault, number>> = {
  AccessDenied: 403,
  Invalid: 400,
  NotFound: 404,
  Throttled: 429,
  Unavailable: 500,
}

export function refusalOf({ fault, code, message }: DeliveryError): Answer {
  const [, posted] = /^HTTP_(\d{3})$/.exec(code) ?? []
  return {
    statusCode: posted === undefined ? STATUS[fault] : Number(posted),
    providerResponse: JSON.stringify({ ErrorCode: code, ErrorMessage: message }),
  }
}

export interface StatusDeps {
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  /** Where this process logs. */
  readonly logStream: string
  readonly reportFault: (error: unknown) => void
}

/** How a delivery ended. */
export interface Ended extends Answer {
  readonly status: 'SUCCESS' | 'FAILURE'
  readonly attempts: number
  /** Milliseconds since the epoch: when it was handed to the target. */
  readonly handedOverAt: number
}

/**
 * Logs how a delivery ended, where its topic wants that: in `sns/<region>/<account>/<topic>`, failures in `…/Failure`
 * (Amazon SNS Developer Guide, "Amazon SNS message delivery status"). What cannot be logged is delivered all the same.
 */
export async function logStatus(deps: StatusDeps, delivery: Delivery, ended: Ended): Promise<void> {
  const { feedback } = delivery
  if (feedback === undefined) return
  const isGood = ended.status === 'SUCCESS'
  const roleArn = isGood ? feedback.successRole : feedback.failureRole
  if (roleArn === undefined) return
  if (isGood && deps.random.fraction() * 100 >= feedback.successRate) return
  const { accountId, topicArn } = delivery
  const sender = { principal: 'sns.amazonaws.com', accountId, sourceArn: topicArn, roleArn }
  const event = { timestamp: deps.clock.now(), message: JSON.stringify(recordOf(deps, delivery, ended)) }
  try {
    const group = groupOf(delivery, isGood)
    await deps.switchboard.logs.put(group, deps.logStream, [event], sender, { makesGroup: true })
  } catch (error) {
    deps.reportFault(error)
  }
}

function groupOf({ accountId, region, topicArn }: Delivery, isGood: boolean): string {
  const name = `sns/${region}/${accountId}/${parseArn(topicArn)?.resource}${isGood ? '' : '/Failure'}`
  return formatArn({ service: 'logs', region, accountId, resource: `log-group:${name}` })
}

function recordOf({ random }: StatusDeps, delivery: Delivery, ended: Ended): object {
  const { messageId, topicArn, text, publishedAt, endpoint } = delivery
  const { status, statusCode, providerResponse, attempts, handedOverAt } = ended
  return {
    notification: {
      messageMD5Sum: createHash('md5').update(text).digest('hex'),
      messageId,
      topicArn,
      timestamp: new Date(publishedAt).toISOString().replace('T', ' ').replace('Z', ''),
    },
    delivery: {
      deliveryId: random.uuid(),
      destination: endpoint,
      providerResponse,
      dwellTimeMs: handedOverAt - publishedAt,
      attempts,
      statusCode,
    },
    status,
  }
}
