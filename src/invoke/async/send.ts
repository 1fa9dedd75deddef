import { formatArn, parseArn } from '../../aws/arn.ts'
import { DeliveryError, type Sender } from '../../aws/ports/delivery.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Random } from '../../base/random.ts'
import type { Delivery } from './delivery.ts'
import { qualifiedArn } from './record.ts'

export interface SendDeps {
  readonly switchboard: Switchboard
  readonly random: Random
}

/** Where a delivery goes by the service in its ARN. All throw `DeliveryError`. */
type Send = (deps: SendDeps, delivery: Delivery, payload: Uint8Array, sender: Sender) => Promise<unknown>

const TO: Readonly<Record<string, Send>> = {
  sqs: ({ switchboard }, { targetArn, attributes, traceHeader }, payload, sender) =>
    switchboard.sqs.send(
      targetArn,
      { body: textOf(payload), traceHeader, ...(attributes && { attributes }) },
      sender,
    ),
  sns: ({ switchboard }, { targetArn, attributes, traceHeader }, payload, sender) =>
    switchboard.sns.publish(
      targetArn,
      { message: textOf(payload), traceHeader, ...(attributes && { attributes }) },
      sender,
    ),
  lambda: ({ switchboard }, { targetArn, traceHeader }, payload, sender) =>
    switchboard.lambda.invoke(targetArn, { payload, type: 'Event', traceHeader }, sender),
  events: ({ switchboard }, delivery, payload, sender) =>
    switchboard.events.put(delivery.targetArn, busEvent(delivery, payload), sender),
  s3: ({ switchboard, random }, delivery, payload, sender) =>
    switchboard.s3.put(bucketOf(delivery.targetArn), objectKey(delivery, random), payload, {
      contentType: 'application/json',
      sender,
    }),
}

/** @throws DeliveryError where the target did not take it. */
export async function send(deps: SendDeps, delivery: Delivery, payload: Uint8Array): Promise<void> {
  const to = TO[parseArn(delivery.targetArn)?.service ?? '']
  if (to === undefined)
    throw new DeliveryError('Invalid', 'InvalidTarget', `nothing is sent to ${delivery.targetArn}`)
  await to(deps, delivery, payload, {
    principal: 'lambda.amazonaws.com',
    accountId: delivery.accountId,
    sourceArn: qualifiedArn(delivery),
    roleArn: ownRole(delivery),
  })
}

/**
 * AWS lets a function have a role of its own account only. Here any role's ARN is taken, an example's for one:
 * it counts as a role of the function's account, or no queue would let it in.
 */
function ownRole({ roleArn, accountId }: Delivery): string {
  const role = parseArn(roleArn)
  if (role === undefined || role.accountId === accountId) return roleArn
  return formatArn({ service: 'iam', region: '', accountId, resource: role.resource })
}

function textOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString('utf8')
}

function busEvent(delivery: Delivery, payload: Uint8Array) {
  const result = delivery.isSuccess ? 'Success' : 'Failure'
  return {
    source: 'lambda',
    detailType: `Lambda Function Invocation Result - ${result}`,
    detail: textOf(payload),
    resources: [delivery.targetArn, qualifiedArn(delivery)],
    traceHeader: delivery.traceHeader,
  }
}

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>` */
function objectKey({ functionName, since }: Delivery, random: Random): string {
  const [day = '', time = ''] = new Date(since).toISOString().split('T')
  const clock = time.slice(0, 8).replaceAll(':', '.')
  return `aws/lambda/async/${functionName}/${day.replaceAll('-', '/')}/${day}T${clock}-${random.uuid()}`
}

function bucketOf(arn: string): string {
  return parseArn(arn)?.resource ?? ''
}
