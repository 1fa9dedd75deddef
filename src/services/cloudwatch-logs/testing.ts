import type { Call } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { testCall } from '../../aws/testing.ts'
import { VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { openSqlite } from '../../store/sqlite.ts'
import type { LogEvent } from '../../wire/log-event.ts'
import type { LogsDeps } from './deps.ts'
import { createLogIngest, type LogIngestSettings } from './ingest.ts'
import { LiveTails } from './live-tail.ts'
import { createLogsOperations, type logsOperations } from './service.ts'
import { createLogStore } from './store.sql.ts'

type Client = typeof import('@aws-sdk/client-cloudwatch-logs')
type Name = keyof typeof logsOperations

export const HERE = { accountId: '111111111111', region: 'us-east-1' }

/** The service on an empty database and a clock that stands still. */
export interface LogsRig extends LogsDeps {
  readonly clock: VirtualClock
  readonly faults: unknown[]
  run<N extends Name>(name: N, input: Input<Client, N>, call?: Partial<Call>): Promise<Output<Client, N>>
  /** Group `/g` with stream `s`, and these events in it. */
  fill(events: readonly LogEvent[], stream?: string): Promise<void>
}

export async function logsRig(
  t: { after(run: () => Promise<void>): void },
  settings: LogIngestSettings = {},
): Promise<LogsRig> {
  const database = await openSqlite(':memory:')
  const clock = new VirtualClock()
  const store = createLogStore(database)
  const liveTails = new LiveTails()
  const faults: unknown[] = []
  const reportFault = (error: unknown) => void faults.push(error)
  const ingest = createLogIngest({ store, clock, liveTails, reportFault, settings })
  t.after(async () => {
    await ingest.stop()
    await database.close()
  })
  const deps = { store, ingest, liveTails, clock, random: seededRandom('logs') }
  const operations = createLogsOperations(deps)
  return {
    ...deps,
    faults,
    run: (name, input, call = {}) =>
      operations[name]?.(input as never, { ...testCall(HERE), ...call }) as Promise<never>,
    fill: (events, stream = 's') => ingest.append({ ...HERE, group: '/g', stream }, events) ?? ingest.flush(),
  }
}
