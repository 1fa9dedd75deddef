import type { BoundOperation } from '../../aws/operation.ts'
import type { LogsPort } from '../../aws/ports/logs.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Changes } from '../../store/changes.ts'
import type { Database } from '../../store/database.ts'
import type { AppendLogs } from '../../wire/log-event.ts'
import type { LogsDeps } from './deps.ts'
import { createLogExpiry } from './expiry.ts'
import { createLogIngest, type LogIngestSettings } from './ingest.ts'
import { LiveTails } from './live-tail.ts'
import { createLogsPort } from './port.ts'
import { createLogsOperations } from './service.ts'
import { createLogStore } from './store.sql.ts'
import { SubscriptionDirectory } from './subscriptions/directory.ts'
import { LazyDeliveries } from './subscriptions/lazy-deliveries.ts'
import { Subscriptions } from './subscriptions/subscriptions.ts'

export interface LogsRoomDeps {
  readonly database: Database
  readonly changes: Changes
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  /** Told of log events that were lost, and of anything else that nobody waits for. */
  readonly reportFault: (error: unknown) => void
  readonly settings?: LogIngestSettings
}

/** CloudWatch Logs, ready to run: what the gateway answers with, and the inner doors for functions' logs and for services. */
export interface LogsRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly port: LogsPort
  readonly append: AppendLogs
  /** What brings events to subscribers: it needs functions that can be invoked, and ends before they do. */
  readonly deliveries: { start(): Promise<void>; stop(): Promise<void> }
  /** Resolves once what was appended is kept. */
  flush(): Promise<void>
  /** Begins to remove what expires. */
  start(): void
  /** Keeps what was appended, and takes no more. After those that append have stopped. */
  stop(): Promise<void>
}

export function createLogsRoom(given: LogsRoomDeps): LogsRoom {
  const { database, changes, switchboard, clock, random, reportFault, settings = {} } = given
  const store = createLogStore(database, changes)
  const liveTails = new LiveTails()
  const deliveries = new LazyDeliveries({ store, database, changes, switchboard, clock, random, reportFault })
  const directory = new SubscriptionDirectory(store, changes)
  const subscriptions = new Subscriptions(directory, () => deliveries.get())
  const ingest = createLogIngest({ store, clock, liveTails, subscriptions, reportFault, settings })
  const expiry = createLogExpiry({ store, clock, reportFault })
  const deps: LogsDeps = { store, ingest, liveTails, subscriptions, switchboard, clock, random }
  return {
    operations: createLogsOperations(deps),
    port: createLogsPort(deps),
    append: (target, events) => ingest.append(target, events),
    deliveries,
    flush: () => ingest.flush(),
    start: () => expiry.start(),
    stop: async () => {
      await expiry.stop()
      await ingest.stop()
      directory.unsubscribe()
    },
  }
}
