import type { BoundOperation } from '../../aws/operation.ts'
import type { SqsPort } from '../../aws/ports/sqs.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Changes } from '../../store/changes.ts'
import type { Database } from '../../store/database.ts'
import type { Leases } from '../../store/leases.ts'
import { announcements } from './announcements.ts'
import { Arrivals } from './arrivals.ts'
import { QueueDirectory } from './directory.ts'
import { InFlight } from './in-flight.ts'
import { Mailbox } from './mailbox.ts'
import { MoveTaskRunner } from './move-task-runner.ts'
import { NoisyTenants } from './noisy-tenants.ts'
import { createSqsPort } from './port.ts'
import { createSqsOperations } from './service.ts'
import { createSqsStore, QUEUE_CHANGES } from './store.sql.ts'
import { createSweeper } from './sweeper.ts'

export interface SqsRoomDeps {
  readonly database: Database
  readonly changes: Changes
  readonly leases: Leases
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** SQS, ready to run: what the gateway answers with, and what other services ask of it. */
export interface SqsRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly port: SqsPort
  /** Begins to remove what expires, and goes on with move tasks. */
  start(): Promise<void>
  stop(): Promise<void>
}

export function createSqsRoom(deps: SqsRoomDeps): SqsRoom {
  const { database, changes, leases, clock, random, reportFault } = deps
  const store = createSqsStore(database, changes)
  const directory = new QueueDirectory(store)
  const arrivals = new Arrivals(clock)
  const announce = announcements({ changes, clock, reportFault })
  // Only a database that several can write to at once has rows to be skipped.
  const hasOtherNodes = database.dialect.isShared
  const mailbox = new Mailbox({
    store,
    directory,
    arrivals,
    inFlight: new InFlight(store),
    noisyTenants: new NoisyTenants(store),
    clock,
    random,
    announce: hasOtherNodes ? announce.tell : () => {},
    hasOtherNodes,
  })
  const moveTasks = new MoveTaskRunner({
    store,
    directory,
    leases,
    clock,
    random,
    reportFault,
    arrived: (queue, messages) => mailbox.arrived(queue, messages),
  })
  const sweeper = createSweeper({ store, clock, reportFault })
  const subscriptions = [
    changes.subscribe(QUEUE_CHANGES, (arn) => directory.forget(arn)),
    announce.listen((queueId) => {
      if (queueId === undefined) arrivals.wakeAll()
      else arrivals.wake(queueId, 1)
    }),
  ]
  return {
    operations: createSqsOperations({ store, directory, mailbox, moveTasks, clock, random }),
    port: createSqsPort({ directory, mailbox, clock, random }),
    start: async () => {
      sweeper.start()
      await moveTasks.start()
    },
    stop: async () => {
      for (const stop of subscriptions) stop()
      await announce.stop()
      await moveTasks.stop()
      await sweeper.stop()
    },
  }
}
