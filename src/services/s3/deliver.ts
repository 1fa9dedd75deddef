import { DeliveryError, type Sender } from '../../aws/ports/delivery.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { backoffMs } from '../../base/retry.ts'
import type { Item } from '../../store/outbox/outbox.ts'
import type { Verdict } from '../../store/outbox/runner.ts'

/** What the outbox holds: one notification for one target. */
export interface Delivery {
  readonly kind: 'lambda' | 'sqs' | 'sns' | 'events'
  readonly arn: string
  readonly body: string
  /** Of events. */
  readonly detailType?: string
  readonly bucket: string
  readonly accountId: string
  /** When it happened. */
  readonly at: number
}

export interface DeliverDeps {
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
}

const BACKOFF = { baseMs: 1000, maxMs: 10 * 60_000 }
/** What nobody takes for so long is dropped. AWS names no limit. */
const AGE_MS_MAX = 24 * 3_600_000

/** Delivers once more what may be taken later; drops, as S3 does, what its target refuses. */
export async function deliver(deps: DeliverDeps, item: Item): Promise<Verdict> {
  const delivery = JSON.parse(item.body) as Delivery
  try {
    await send(deps.switchboard, delivery)
    return 'done'
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const retryAt = Math.ceil(
      deps.clock.now() + backoffMs(item.attempts + 1, { ...BACKOFF, random: deps.random }),
    )
    return error.isTransient && retryAt < delivery.at + AGE_MS_MAX ? { retryAt } : 'done'
  }
}

async function send(
  { lambda, sqs, sns, events }: Switchboard,
  { kind, arn, body, detailType = '', bucket, accountId, at }: Delivery,
): Promise<void> {
  const sender = senderOf(bucket, accountId)
  switch (kind) {
    case 'lambda':
      await lambda.invoke(arn, { payload: Buffer.from(body), type: 'Event' }, sender)
      return
    case 'sqs':
      await sqs.send(arn, { body }, sender)
      return
    case 'sns':
      await sns.publish(arn, { message: body, subject: 'Amazon S3 Notification' }, sender)
      return
    case 'events':
      await events.put(
        arn,
        { source: 'aws.s3', detailType, detail: body, resources: [sender.sourceArn], time: at },
        sender,
      )
  }
}

export function senderOf(bucket: string, accountId: string): Sender {
  return { principal: 's3.amazonaws.com', accountId, sourceArn: `arn:aws:s3:::${bucket}` }
}
