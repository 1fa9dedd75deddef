import type { Transaction } from 'kysely'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Tables } from '../../store/database.ts'
import type { NewItem } from '../../store/outbox/outbox.ts'
import { deliveryOf } from './delivery/delivery.ts'
import { nextRunOf } from './schedule.ts'
import type { DueSchedule, SchedulerEditor, SchedulerStore } from './store.ts'

export interface RunDeps {
  readonly store: SchedulerStore
  readonly clock: Clock
  readonly random: Random
  readonly addToOutbox: (transaction: Transaction<Tables>, items: readonly NewItem[]) => Promise<void>
}

/** Schedules a turn: between turns others get theirs. */
const AT_ONCE = 100
const MINUTE_MS = 60_000

/**
 * Hands what is due over to be delivered. A schedule's next time and its invocation are one write, so that each
 * time comes once, from one node. Times that passed while nobody ran come once, late, and not each.
 */
export async function runDueSchedules(deps: RunDeps): Promise<number | undefined> {
  const due = await deps.store.due(deps.clock.now(), AT_ONCE)
  for (const one of due) await deps.store.change((editor) => runOne(deps, editor, one))
  return deps.store.nextDue()
}

async function runOne(deps: RunDeps, editor: SchedulerEditor, due: DueSchedule): Promise<void> {
  const schedule = await editor.findDue(due)
  if (schedule === undefined) return
  const now = deps.clock.now()
  const next = nextRunOf(schedule, now)
  if (next === undefined && schedule.isDeletedAfterwards) {
    await editor.deleteSchedule(due, schedule.group, schedule.name)
  } else await editor.saveSchedule(due, schedule, next)
  const wait = Math.floor(deps.random.fraction() * schedule.windowMinutes * MINUTE_MS)
  const { accountId, region, dueAt } = due
  const item = deliveryOf({
    accountId,
    region,
    schedule,
    scheduledAt: dueAt,
    executionId: deps.random.uuid(),
  })
  await deps.addToOutbox(editor.transaction, [{ ...item, dueAt: Math.max(now, dueAt + wait) }])
}
