import { parseArn } from '../../../aws/arn.ts'
import type { Sender } from '../../../aws/ports/delivery.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Pipe } from '../pipe.ts'
import { parameterOf } from './template.ts'

/** One event on its way to the target. */
export interface Outgoing {
  /** What parameters' paths read: as it came from the source or the enrichment. */
  readonly event: unknown
  /** After the target's template. */
  readonly input: string
  readonly now: number
}

type Send = (switchboard: Switchboard, pipe: Pipe, outgoing: Outgoing, sender: Sender) => Promise<unknown>

interface TargetService {
  /** Events that a batch may have at most (User Guide, "Amazon EventBridge Pipes batching and concurrency"). */
  readonly batchMax: number
  readonly send: Send
}

/** The services that take events one by one, by the service in the target's ARN. Functions take a batch whole. */
export const TARGETS: Readonly<Record<string, TargetService>> = {
  sqs: { batchMax: 10, send: sendToQueue },
  sns: {
    batchMax: 10,
    send: ({ sns }, { target }, { input }, sender) => sns.publish(target, { message: input }, sender),
  },
  events: { batchMax: 10, send: putOnBus },
  logs: { batchMax: 10_000, send: putInLog },
}

export function targetService(arn: string): string {
  return parseArn(arn)?.service ?? ''
}

function sendToQueue(
  { sqs }: Switchboard,
  { target, targetParameters }: Pipe,
  { event, input }: Outgoing,
  sender: Sender,
): Promise<unknown> {
  const { MessageGroupId, MessageDeduplicationId } = targetParameters.SqsQueueParameters ?? {}
  const message = {
    body: input,
    ...(MessageGroupId !== undefined && { groupId: parameterOf(MessageGroupId, event) }),
    ...(MessageDeduplicationId !== undefined && {
      deduplicationId: parameterOf(MessageDeduplicationId, event),
    }),
  }
  return sqs.send(target, message, sender)
}

function putOnBus(
  { events }: Switchboard,
  { name, target, targetParameters }: Pipe,
  { event, input }: Outgoing,
  sender: Sender,
): Promise<unknown> {
  const { DetailType, Source, Resources = [], Time } = targetParameters.EventBridgeEventBusParameters ?? {}
  return events.put(
    target,
    {
      source: Source === undefined ? `Pipe ${name}` : parameterOf(Source, event),
      detailType: DetailType === undefined ? 'Event from aws:sqs' : parameterOf(DetailType, event),
      detail: input,
      resources: Resources.map((resource) => parameterOf(resource, event)),
      ...timeOf(Time, event),
    },
    sender,
  )
}

function timeOf(path: string | undefined, event: unknown): { time?: number } {
  const time = path === undefined ? Number.NaN : readTime(parameterOf(path, event))
  return Number.isNaN(time) ? {} : { time }
}

function putInLog(
  { logs }: Switchboard,
  { name, target, targetParameters }: Pipe,
  { event, input, now }: Outgoing,
  sender: Sender,
): Promise<unknown> {
  const { LogStreamName = name, Timestamp } = targetParameters.CloudWatchLogsParameters ?? {}
  const { time: timestamp = now } = timeOf(Timestamp, event)
  const stream = parameterOf(LogStreamName, event)
  return logs.put(target.replace(/:\*$/, ''), stream, [{ timestamp, message: input }], sender)
}

/** Milliseconds since the epoch, or a date in words. */
function readTime(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text)
}
