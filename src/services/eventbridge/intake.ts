import type { Transaction } from 'kysely'
import type { Clock } from '../../base/clock.ts'
import type { Tables } from '../../store/database.ts'
import type { NewItem } from '../../store/outbox/outbox.ts'
import type { BusAddress } from './bus.ts'
import { deliveryOf } from './delivery/delivery.ts'
import type { BusEvent } from './event.ts'
import { type Rule, ruleArn } from './rule.ts'
import type { BusCache } from './rules-of-bus.ts'
import type { ResourceEditor } from './store.ts'

/** An event on its way into a bus. */
export interface Incoming {
  readonly bus: BusAddress
  readonly event: BusEvent
  /** How many buses it came through before. */
  readonly hops: number
  readonly traceHeader?: string
  /** The rules that may see it, by ARN: those that a replay names. */
  readonly onlyRules?: ReadonlySet<string>
}

export interface IntakeDeps {
  readonly buses: BusCache
  readonly clock: Clock
  readonly change: (work: (editor: ResourceEditor) => Promise<void>) => Promise<void>
  readonly addToOutbox: (transaction: Transaction<Tables>, items: readonly NewItem[]) => Promise<void>
}

/** Takes events: what is to be delivered and what is to be kept is durable when it resolves, in one write. */
export async function takeIn(deps: IntakeDeps, incoming: readonly Incoming[]): Promise<void> {
  const deliveries: NewItem[] = []
  const kept: Kept[] = []
  for (const one of incoming) {
    const found = await deps.buses.find(one.bus)
    if (found === undefined) continue // AWS takes events for buses that are not there, and drops them
    for (const rule of found.rules.find(one.event)) deliveries.push(...deliveriesFor(deps, one, rule))
    // What a replay sends is not kept once more.
    if (one.event['replay-name'] !== undefined) continue
    for (const { name } of found.archives.find(one.event)) kept.push({ archive: name, ...one })
  }
  if (deliveries.length === 0 && kept.length === 0) return
  await deps.change(async (editor) => {
    await deps.addToOutbox(editor.transaction, deliveries)
    for (const { archive, bus, event } of kept) {
      await editor.keep(bus, archive, { time: Date.parse(event.time), text: JSON.stringify(event) })
    }
  })
}

interface Kept extends Incoming {
  readonly archive: string
}

function deliveriesFor(deps: IntakeDeps, incoming: Incoming, rule: Rule): NewItem[] {
  const arn = ruleArn(incoming.bus, rule.bus, rule.name)
  if (incoming.onlyRules !== undefined && !incoming.onlyRules.has(arn)) return []
  return rule.targets.map((target) =>
    deliveryOf(deps.clock.now(), { ...incoming, rule, ruleArn: arn, target }),
  )
}
