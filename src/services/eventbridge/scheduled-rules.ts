import { nextTime, parseSchedule } from '../../aws/schedule/schedule.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { deliveryOf } from './delivery/delivery.ts'
import { makeEvent } from './event.ts'
import type { IntakeDeps } from './intake.ts'
import { type Rule, ruleArn } from './rule.ts'
import type { Due, EventBridgeStore, ResourceEditor } from './store.ts'

export interface ScheduledRulesDeps extends Pick<IntakeDeps, 'addToOutbox'> {
  readonly store: EventBridgeStore
  readonly clock: Clock
  readonly random: Random
}

/** Rules a turn: between turns others get theirs. */
const AT_ONCE = 100

/** When a rule is due next; undefined where it has no schedule, or is switched off. */
export function nextDueOf({ state, schedule, scheduledFrom }: Rule, after: number): number | undefined {
  if (schedule === undefined || state === 'DISABLED') return undefined
  return nextTime(parseSchedule(schedule), after, { countedFrom: scheduledFrom ?? after })
}

/**
 * Sends the events of scheduled rules that are due. A rule and what it sends change in one write, so that each
 * time is sent once, by one node. Times that passed while nobody ran are sent once, late, and not for each
 * that was missed.
 */
export async function runScheduledRules(deps: ScheduledRulesDeps): Promise<number | undefined> {
  const due = await deps.store.due('rule', deps.clock.now(), AT_ONCE)
  for (const one of due) await deps.store.change((editor) => runOne(deps, editor, one))
  return deps.store.nextDue('rule')
}

async function runOne(deps: ScheduledRulesDeps, editor: ResourceEditor, due: Due<'rule'>): Promise<void> {
  const { accountId, region, dueAt } = due
  const rule = await editor.findDue('rule', due)
  if (rule === undefined) return
  const now = deps.clock.now()
  await editor.save(due, 'rule', rule, nextDueOf(rule, now))
  const arn = ruleArn(due, rule.bus, rule.name)
  const event = makeEvent({
    id: deps.random.uuid(),
    source: 'aws.events',
    detailType: 'Scheduled Event',
    detail: {},
    resources: [arn],
    accountId,
    region,
    time: dueAt,
  })
  const bus = { accountId, region, name: rule.bus }
  const deliveries = rule.targets.map((target) =>
    deliveryOf(now, { bus, event, hops: 0, rule, ruleArn: arn, target }),
  )
  await deps.addToOutbox(editor.transaction, deliveries)
}
