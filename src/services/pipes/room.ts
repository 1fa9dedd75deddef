import { PIPE } from '../../aws/event-pattern/pattern.ts'
import type { BoundOperation } from '../../aws/operation.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { Mappings } from '../../invoke/mappings/mappings.ts'
import type { Changes } from '../../store/changes.ts'
import type { Database } from '../../store/database.ts'
import type { Leases } from '../../store/leases.ts'
import { pipesAsFunctions, polledPipes } from './polled.ts'
import { createPipesOperations } from './service.ts'
import { createPipesStore } from './store.sql.ts'

export interface PipesRoomDeps {
  readonly database: Database
  readonly changes: Changes
  readonly leases: Leases
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** EventBridge Pipes, ready to run. */
export interface PipesRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  /** Reads the sources of the pipes that run, each on one node at a time. */
  start(): Promise<void>
  stop(): Promise<void>
}

export function createPipesRoom(deps: PipesRoomDeps): PipesRoom {
  const { database, changes, leases, switchboard, clock, random, reportFault } = deps
  const store = createPipesStore(database)
  const pollers = new Mappings({
    mappings: polledPipes(store, changes),
    functions: pipesAsFunctions({ store, switchboard, clock }),
    sqs: switchboard.sqs,
    leases,
    // A data folder is one process's at a time: the next one goes on at once, even after a crash.
    owner: database.dialect.supportsSkipLocked ? random.uuid() : 'this data folder',
    dialect: PIPE,
    clock,
    reportFault,
  })
  return {
    operations: createPipesOperations({ store, changes, clock, random }),
    start: () => pollers.start(),
    stop: () => pollers.stop(),
  }
}
