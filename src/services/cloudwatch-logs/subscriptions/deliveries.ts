import type { Transaction } from 'kysely'
import type { Database, Tables } from '../../../store/database.ts'
import type { NewItem } from '../../../store/outbox/outbox.ts'
import { OutboxRunner } from '../../../store/outbox/runner.ts'
import { type DeliverDeps, deliver } from './deliver.ts'
import { isOrdered } from './delivery.ts'
import { OUTBOX_KIND } from './has-work.ts'

/** Each has up to 1 MiB of log in memory, in several forms, until the function has taken it. */
const LIMITS = { perLane: 8, inAll: 16 }

export interface DeliveriesDeps extends DeliverDeps {
  readonly database: Database
  readonly reportFault: (error: unknown) => void
}

/** What waits for subscribers, and brings it to them. */
export interface Deliveries {
  /** In the write that keeps the events. */
  add(transaction: Transaction<Tables>, items: readonly NewItem[]): Promise<void>
  /** Goes on with what waits. */
  start(): Promise<void>
  /** From now on items are kept, and left to the next start. */
  stop(): Promise<void>
}

export function createDeliveries(deps: DeliveriesDeps): Deliveries {
  const { database, clock, random, reportFault } = deps
  return new OutboxRunner({
    database,
    clock,
    random,
    kind: OUTBOX_KIND,
    deliver: (item, signal) => deliver(deps, item, signal),
    isOrdered,
    reportFault,
    limits: LIMITS,
  })
}
