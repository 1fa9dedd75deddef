import type { Call } from '../../aws/operation.ts'
import { type MemoryTargets, memoryTargets } from '../../aws/ports/testing.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { createSwitchboard } from '../../aws/switchboard.ts'
import { testCall } from '../../aws/testing.ts'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import { openSqlite } from '../../store/sqlite.ts'
import type { LogEvent } from '../../wire/log-event.ts'
import type { LogsDeps } from './deps.ts'
import { createLogIngest, type LogIngestSettings } from './ingest.ts'
import { LiveTails } from './live-tail.ts'
import { createLogsOperations, type logsOperations } from './service.ts'
import { createLogStore } from './store.sql.ts'
import { SubscriptionDirectory } from './subscriptions/directory.ts'
import { LazyDeliveries } from './subscriptions/lazy-deliveries.ts'
import { Subscriptions } from './subscriptions/subscriptions.ts'

type Client = typeof import('@aws-sdk/client-cloudwatch-logs')
type Name = keyof typeof logsOperations

export const HERE = { accountId: '111111111111', region: 'us-east-1' }

/** A function that takes what it is sent. */
export const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:f'

/** For what does not wait for the clock: compression, on a machine with other things to do. */
const PATIENCE_MS = 20_000

/** The service on an empty database and a clock that stands still. */
export interface LogsRig extends LogsDeps {
  readonly clock: VirtualClock
  readonly faults: unknown[]
  readonly targets: MemoryTargets
  run<N extends Name>(name: N, input: Input<Client, N>, call?: Partial<Call>): Promise<Output<Client, N>>
  /** Group `/g` with stream `s`, and these events in it. */
  fill(events: readonly LogEvent[], stream?: string): Promise<void>
  /** Lets time pass until something has come about. */
  until(isReached: () => boolean, stepMs?: number): Promise<void>
}

export async function logsRig(
  t: { after(run: () => Promise<void>): void },
  settings: LogIngestSettings = {},
): Promise<LogsRig> {
  const database = await openSqlite(':memory:')
  const changes = new MemoryChanges()
  const clock = new VirtualClock()
  const random = seededRandom('logs')
  const store = createLogStore(database, changes)
  const liveTails = new LiveTails()
  const faults: unknown[] = []
  const reportFault = (error: unknown) => void faults.push(error)
  const targets = memoryTargets(FUNCTION)
  const switchboard = createSwitchboard(targets.ports)
  const deliveries = new LazyDeliveries({ store, database, changes, switchboard, clock, random, reportFault })
  const subscriptions = new Subscriptions(new SubscriptionDirectory(store, changes), () => deliveries.get())
  const ingest = createLogIngest({ store, clock, liveTails, subscriptions, reportFault, settings })
  t.after(async () => {
    await deliveries.stop()
    await ingest.stop()
    await database.close()
  })
  const deps = { store, ingest, liveTails, subscriptions, switchboard, clock, random }
  const operations = createLogsOperations(deps)
  return {
    ...deps,
    faults,
    targets,
    run: (name, input, call = {}) =>
      operations[name]?.(input as never, { ...testCall(HERE), ...call }) as Promise<never>,
    fill: (events, stream = 's') => ingest.append({ ...HERE, group: '/g', stream }, events) ?? ingest.flush(),
    until: async (isReached, stepMs = 10) => {
      const patienceEnds = realClock.now() + PATIENCE_MS
      while (!isReached()) {
        if (realClock.now() > patienceEnds) throw new Error('it never came to that')
        await clock.advance(stepMs)
        await realClock.sleep(1)
      }
    },
  }
}
