import type { BoundOperation } from '../../aws/operation.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import { DueLoop } from '../../base/due-loop.ts'
import type { Random } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import { OutboxRunner } from '../../store/outbox/runner.ts'
import { deliver } from './delivery/deliver.ts'
import { runDueSchedules } from './run.ts'
import { createSchedulerOperations } from './service.ts'
import { createSchedulerStore } from './store.sql.ts'

export interface SchedulerRoomDeps {
  readonly database: Database
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** EventBridge Scheduler, ready to run. */
export interface SchedulerRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  /** Goes on with what is due, and with what waits to be delivered. */
  start(): Promise<void>
  stop(): Promise<void>
}

export function createSchedulerRoom(deps: SchedulerRoomDeps): SchedulerRoom {
  const { database, clock, random, reportFault } = deps
  const store = createSchedulerStore(database)
  const runner = new OutboxRunner({
    database,
    clock,
    random,
    kind: 'scheduler',
    deliver: (item) => deliver(deps, item),
    reportFault,
  })
  const loop = new DueLoop({
    clock,
    reportFault,
    isShared: database.dialect.isShared,
    run: () =>
      runDueSchedules({
        store,
        clock,
        random,
        addToOutbox: (transaction, items) => runner.add(transaction, items),
      }),
  })
  return {
    operations: createSchedulerOperations({ store, clock, wake: (at) => loop.wakeAt(at) }),
    start: async () => {
      await runner.start()
      loop.wakeAt(clock.now())
    },
    stop: async () => {
      await loop.stop()
      await runner.stop()
    },
  }
}
