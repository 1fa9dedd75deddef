import { parseArn } from '../../../aws/arn.ts'
import { DeliveryError, type Sender } from '../../../aws/ports/delivery.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Target } from '../schedule.ts'
import { isUniversalTarget, sendUniversally } from './universal.ts'

/** One attempt. */
export interface Attempt {
  readonly target: Target
  readonly input: string
  readonly sender: Sender
}

type Send = (switchboard: Switchboard, attempt: Attempt) => Promise<unknown>

/** Templated targets (EventBridge Scheduler User Guide, "Templated targets") of the services that lambdad has. */
const TEMPLATED: Readonly<Record<string, Send>> = {
  lambda: ({ lambda }, { target, input, sender }) =>
    lambda.invoke(target.Arn, { payload: Buffer.from(input), type: 'Event' }, sender),
  sqs: ({ sqs }, { target, input, sender }) => {
    const groupId = target.SqsParameters?.MessageGroupId
    return sqs.send(target.Arn, { body: input, ...(groupId !== undefined && { groupId }) }, sender)
  },
  sns: ({ sns }, { target, input, sender }) => sns.publish(target.Arn, { message: input }, sender),
  events: ({ events }, { target, input, sender }) => {
    const { DetailType = '', Source = '' } = target.EventBridgeParameters ?? {}
    const event = { source: Source, detailType: DetailType, detail: input, resources: [sender.sourceArn] }
    return events.put(target.Arn, event, sender)
  },
}

/** Whether schedules can have such a target. */
export function canSendTo(arn: string): boolean {
  const service = parseArn(arn)?.service
  return isUniversalTarget(arn) || (service !== undefined && Object.hasOwn(TEMPLATED, service))
}

/** @throws DeliveryError */
export async function send(switchboard: Switchboard, attempt: Attempt): Promise<void> {
  const { Arn } = attempt.target
  const templated = TEMPLATED[parseArn(Arn)?.service ?? '']
  if (isUniversalTarget(Arn)) await sendUniversally(switchboard, attempt)
  else if (templated !== undefined) await templated(switchboard, attempt)
  else throw new DeliveryError('Unavailable', 'ServiceUnavailable', `${Arn} is no target in lambdad yet`)
}
