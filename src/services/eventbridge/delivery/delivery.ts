import type { NewItem } from '../../../store/outbox/outbox.ts'
import type { BusAddress } from '../bus.ts'
import type { BusEvent } from '../event.ts'
import type { Rule, Target } from '../rule.ts'
import { inputFor } from './target-input.ts'

/** An event on its way to one target: all that delivering it takes, so that later changes of the rule do not matter. */
export interface Delivery {
  readonly accountId: string
  readonly region: string
  readonly ruleArn: string
  readonly target: Target
  /** What the target is sent. */
  readonly input: string
  /** Milliseconds since the epoch. */
  readonly takenAt: number
  readonly event: Pick<BusEvent, 'id' | 'time' | 'account' | 'source' | 'detail-type' | 'resources'>
  /** Of events for another bus: the whole of it. */
  readonly forwarded?: BusEvent
  readonly hops: number
  readonly traceHeader?: string
}

interface Matched {
  readonly bus: BusAddress
  readonly event: BusEvent
  readonly hops: number
  readonly traceHeader?: string
  readonly rule: Rule
  readonly ruleArn: string
  readonly target: Target
}

export function deliveryOf(now: number, matched: Matched): NewItem {
  const { bus, event, rule, ruleArn, target, hops, traceHeader } = matched
  const { id, time, account, source, resources } = event
  const isForBus = target.Arn.split(':')[2] === 'events' && target.Arn.includes(':event-bus/')
  const delivery: Delivery = {
    accountId: bus.accountId,
    region: bus.region,
    ruleArn,
    target,
    input: isForBus ? '' : inputFor(target, { event, rule, ruleArn, ingestedAt: now }),
    takenAt: now,
    event: { id, time, account, source, 'detail-type': event['detail-type'], resources },
    hops,
    ...(isForBus && { forwarded: event }),
    ...(traceHeader !== undefined && { traceHeader }),
  }
  return { lane: `${ruleArn}/${target.Id}`, body: JSON.stringify(delivery) }
}
