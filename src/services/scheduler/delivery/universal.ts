import { formatArn } from '../../../aws/arn.ts'
import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Attempt } from './send.ts'

type Parameters = Readonly<Record<string, unknown>>
type Call = (switchboard: Switchboard, parameters: Parameters, attempt: Attempt) => Promise<unknown>

/** Operations that a schedule can call by name, with the input as their parameters ("Universal targets" of the guide). */
const CALLS: Readonly<Record<string, Call>> = {
  'sqs:sendMessage': ({ sqs }, parameters, { sender }) => {
    const groupId = parameters.MessageGroupId
    const deduplicationId = parameters.MessageDeduplicationId
    const message = {
      body: text(parameters, 'MessageBody'),
      ...(groupId !== undefined && { groupId: String(groupId) }),
      ...(deduplicationId !== undefined && { deduplicationId: String(deduplicationId) }),
      ...(parameters.DelaySeconds !== undefined && { delaySeconds: Number(parameters.DelaySeconds) }),
    }
    return sqs.send(queueArn(text(parameters, 'QueueUrl'), sender.sourceArn), message, sender)
  },
  'sns:publish': ({ sns }, parameters, { sender }) => {
    const subject = parameters.Subject
    const message = {
      message: text(parameters, 'Message'),
      ...(subject !== undefined && { subject: String(subject) }),
    }
    return sns.publish(text(parameters, 'TopicArn'), message, sender)
  },
  'lambda:invoke': ({ lambda }, parameters, { sender }) => {
    const payload = Buffer.from(
      typeof parameters.Payload === 'string' ? parameters.Payload : JSON.stringify(parameters.Payload ?? {}),
    )
    const type = parameters.InvocationType === 'Event' ? 'Event' : 'RequestResponse'
    return lambda.invoke(text(parameters, 'FunctionName'), { payload, type }, sender)
  },
  'eventbridge:putEvents': async ({ events }, parameters, { sender }) => {
    const entries = Array.isArray(parameters.Entries) ? (parameters.Entries as Parameters[]) : []
    const [region = '', accountId = ''] = sender.sourceArn.split(':').slice(3)
    for (const entry of entries) {
      const bus = String(entry.EventBusName ?? 'default')
      const arn = bus.startsWith('arn:')
        ? bus
        : formatArn({ service: 'events', region, accountId, resource: `event-bus/${bus}` })
      const event = {
        source: text(entry, 'Source'),
        detailType: text(entry, 'DetailType'),
        detail: text(entry, 'Detail'),
        resources: [],
      }
      await events.put(arn, event, sender)
    }
  },
}

const UNIVERSAL = /^arn:aws[a-z-]*:scheduler:::aws-sdk:([a-z0-9]+:[A-Za-z0-9]+)$/

export function isUniversalTarget(arn: string): boolean {
  const [, name = ''] = UNIVERSAL.exec(arn) ?? []
  return Object.hasOwn(CALLS, name)
}

/** @throws DeliveryError */
export async function sendUniversally(switchboard: Switchboard, attempt: Attempt): Promise<void> {
  const [, name = ''] = UNIVERSAL.exec(attempt.target.Arn) ?? []
  await CALLS[name]?.(switchboard, parametersOf(attempt.input), attempt)
}

function parametersOf(input: string): Parameters {
  try {
    const value: unknown = JSON.parse(input)
    if (typeof value === 'object' && value !== null) return value as Parameters
  } catch {}
  throw new DeliveryError(
    'Invalid',
    'ValidationException',
    'The input of a universal target is no JSON object.',
  )
}

function text(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (typeof value === 'string') return value
  throw new DeliveryError('Invalid', 'ValidationException', `The input has no text ${name}.`)
}

/** A queue's URL ends with its account and name, whatever host it was made with. */
function queueArn(url: string, sourceArn: string): string {
  const [accountId = '', name = ''] = url.split('/').slice(-2)
  return formatArn({ service: 'sqs', region: sourceArn.split(':')[3] ?? '', accountId, resource: name })
}
