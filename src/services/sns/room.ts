import type { BoundOperation } from '../../aws/operation.ts'
import type { SnsPort } from '../../aws/ports/sns.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import { OutboxRunner } from '../../store/outbox/runner.ts'
import { deliver } from './delivery/deliver.ts'
import { isOrdered } from './delivery/delivery.ts'
import type { SnsDeps } from './deps.ts'
import { createPort } from './port.ts'
import { createSnsOperations } from './service.ts'
import { createSnsStore } from './store.sql.ts'

export interface SnsRoomDeps {
  readonly database: Database
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** SNS, ready to run. */
export interface SnsRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly port: SnsPort
  /** Goes on with what waits to be delivered. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** The room's items in the outbox. */
const OUTBOX_KIND = 'sns'

export function createSnsRoom(given: SnsRoomDeps): SnsRoom {
  const { database, switchboard, clock, random, reportFault } = given
  const runner = new OutboxRunner({
    database,
    clock,
    random,
    kind: OUTBOX_KIND,
    deliver: (item, signal) => deliver({ switchboard, clock, reportFault }, item, signal),
    isOrdered,
    reportFault,
  })
  const deps: SnsDeps = {
    store: createSnsStore(database),
    clock,
    random,
    addToOutbox: (transaction, items) => runner.add(transaction, items),
  }
  return {
    operations: createSnsOperations(deps),
    port: createPort(deps),
    start: () => runner.start(),
    stop: () => runner.stop(),
  }
}
