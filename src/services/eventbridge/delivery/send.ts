import { DeliveryError, type Sender } from '../../../aws/ports/delivery.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { type BusAddress, busOfArn } from '../bus.ts'
import type { Incoming } from '../intake.ts'
import { type CallApi, callApiDestination } from './api-destination.ts'
import type { Delivery } from './delivery.ts'
import { logEventOf } from './log-event.ts'
import { isJson, isJsonTemplate } from './target-input.ts'

export interface SendDeps {
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  /** Puts an event on a bus of this lambdad. */
  readonly forward: (incoming: Incoming) => Promise<void>
  /** Whether a bus takes events of that account. */
  readonly accepts: (bus: BusAddress, accountId: string) => Promise<'yes' | 'no' | 'no such bus'>
  readonly callApi: CallApi
}

/** Buses that an event may go through: a ring of rules would send it round for ever. */
const HOPS_MAX = 5

/** The services that rules can have as targets, by the service in the target's ARN. */
const SENDERS: Readonly<
  Record<string, (deps: SendDeps, delivery: Delivery, signal: AbortSignal) => Promise<unknown>>
> = {
  lambda: (deps, delivery) =>
    deps.switchboard.lambda.invoke(
      delivery.target.Arn,
      { payload: Buffer.from(delivery.input), type: 'Event', ...traceOf(delivery) },
      senderOf(delivery),
    ),
  sqs: (deps, delivery) => {
    const groupId = delivery.target.SqsParameters?.MessageGroupId
    const message = {
      body: delivery.input,
      ...traceOf(delivery),
      ...(groupId !== undefined && { groupId, deduplicationId: delivery.event.id }),
    }
    return deps.switchboard.sqs.send(delivery.target.Arn, message, senderOf(delivery))
  },
  sns: (deps, delivery) =>
    deps.switchboard.sns.publish(
      delivery.target.Arn,
      { message: delivery.input, ...traceOf(delivery) },
      senderOf(delivery),
    ),
  logs: sendToLogs,
  events: (deps, delivery, signal) =>
    delivery.forwarded === undefined
      ? callApiDestination(deps, delivery, signal)
      : forward(deps, delivery, delivery.forwarded),
}

/** Whether rules can have such a target. */
export function isTargetService(service: string): boolean {
  return Object.hasOwn(SENDERS, service)
}

/** Gives a target what it is sent. @throws DeliveryError */
export async function send(deps: SendDeps, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const service = delivery.target.Arn.split(':')[2] ?? ''
  const sender = SENDERS[service]
  if (sender === undefined) {
    throw new DeliveryError('Unavailable', 'ServiceUnavailable', `${service} is no target in lambdad yet`)
  }
  refuseBrokenJson(delivery)
  await sender(deps, delivery, signal)
}

/** What a transformer made of a JSON template must be JSON: AWS does not deliver it otherwise (recorded). */
function refuseBrokenJson({ target, input, forwarded }: Delivery): void {
  const template = target.InputTransformer?.InputTemplate ?? ''
  if (forwarded !== undefined || !isJsonTemplate(template) || isJson(input)) return
  throw new DeliveryError('Invalid', 'InvalidInput', 'The input transformer made no valid JSON of the event.')
}

function senderOf({ accountId, ruleArn, target }: Delivery): Sender {
  return {
    principal: 'events.amazonaws.com',
    accountId,
    sourceArn: ruleArn,
    ...(target.RoleArn !== undefined && { roleArn: target.RoleArn }),
  }
}

function traceOf({ traceHeader }: Delivery): { traceHeader?: string } {
  return traceHeader === undefined ? {} : { traceHeader }
}

/** A stream an event, as EventBridge has it. */
function sendToLogs({ switchboard, random }: SendDeps, delivery: Delivery): Promise<void> {
  const group = delivery.target.Arn.replace(/:\*$/, '')
  return switchboard.logs.put(group, random.uuid(), [logEventOf(delivery)], senderOf(delivery))
}

async function forward(
  deps: SendDeps,
  delivery: Delivery,
  event: NonNullable<Delivery['forwarded']>,
): Promise<void> {
  const { Arn } = delivery.target
  const bus = busOfArn(Arn)
  if (bus === undefined) throw new DeliveryError('Invalid', 'INVALID_PARAMETER', `${Arn} is no event bus`)
  if (delivery.hops >= HOPS_MAX) {
    throw new DeliveryError(
      'Invalid',
      'INVALID_PARAMETER',
      `The event went through ${HOPS_MAX} buses already.`,
    )
  }
  const answer = await deps.accepts(bus, delivery.accountId)
  if (answer === 'no such bus')
    throw new DeliveryError('NotFound', 'NO_RESOURCE', `Event bus ${bus.name} does not exist.`)
  if (answer === 'no') {
    throw new DeliveryError(
      'AccessDenied',
      'NO_PERMISSIONS',
      `${Arn} does not take events of the account ${delivery.accountId}.`,
    )
  }
  await deps.forward({
    bus,
    event: { ...event, region: bus.region },
    hops: delivery.hops + 1,
    ...traceOf(delivery),
  })
}
