import type { BoundOperation } from '../../aws/operation.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import type { AppendLogs } from '../../wire/log-event.ts'
import { createLogExpiry } from './expiry.ts'
import { createLogIngest, type LogIngestSettings } from './ingest.ts'
import { LiveTails } from './live-tail.ts'
import { createLogsOperations } from './service.ts'
import { createLogStore } from './store.sql.ts'

export interface LogsRoomDeps {
  readonly database: Database
  readonly clock: Clock
  readonly random: Random
  /** Told of log events that were lost, and of anything else that nobody waits for. */
  readonly reportFault: (error: unknown) => void
  readonly settings?: LogIngestSettings
}

/** CloudWatch Logs, ready to run: what the gateway answers with, and the inner door for functions' logs. */
export interface LogsRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly append: AppendLogs
  /** Resolves once what was appended is kept. */
  flush(): Promise<void>
  /** Begins to remove what expires. */
  start(): void
  /** Keeps what was appended, and takes no more. After those that append have stopped. */
  stop(): Promise<void>
}

export function createLogsRoom(deps: LogsRoomDeps): LogsRoom {
  const { database, clock, random, reportFault, settings = {} } = deps
  const store = createLogStore(database)
  const liveTails = new LiveTails()
  const ingest = createLogIngest({ store, clock, liveTails, reportFault, settings })
  const expiry = createLogExpiry({ store, clock, reportFault })
  return {
    operations: createLogsOperations({ store, ingest, liveTails, clock, random }),
    append: (target, events) => ingest.append(target, events),
    flush: () => ingest.flush(),
    start: () => expiry.start(),
    stop: async () => {
      await expiry.stop()
      await ingest.stop()
    },
  }
}
