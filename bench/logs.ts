import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createSwitchboard } from '../src/aws/switchboard.ts'
import { realClock } from '../src/base/clock.ts'
import { realRandom } from '../src/base/random.ts'
import { createLogsRoom, type LogsRoom } from '../src/services/cloudwatch-logs/room.ts'
import { MemoryChanges } from '../src/store/changes.memory.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { createTelemetry, type Telemetry } from '../src/telemetry/telemetry.ts'
import { environment } from '../src/telemetry/testing.ts'
import type { EnvironmentSource } from '../src/wire/worker.ts'

// What logs cost: a warm invocation's lines, how many events a second are kept, and how fast they are read.

const INVOKES = 50_000
const TIME = '2026-01-01T00:00:00.000Z'
const OUTPUT = Buffer.from(
  '2026-01-01T00:00:00.000Z\t9be2a1c4\tINFO\thello world\nand a second line, of some length\n',
)
const METRICS = { durationMs: 2.5, billedDurationMs: 3, memorySizeMB: 128, maxMemoryUsedMB: 67 }

const reportFault = (error: unknown) => console.error(error)
const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-bench-'))
const database = await openSqlite(path.join(folder, 'logs.db'))
const room = createLogsRoom({
  database,
  changes: new MemoryChanges(),
  switchboard: createSwitchboard({}),
  clock: realClock,
  random: realRandom,
  reportFault,
})

for (const format of ['Text', 'JSON'] as const) {
  const telemetry = createTelemetry({ clock: realClock, appendLogs: () => undefined })
  const sources = [environment('e', { format })]
  await invokeMany(telemetry, sources)
  report(`warm invocation, ${format}`, 1000 * (await invokeMany(telemetry, sources)), 'µs', INVOKES)
}
await keep(room)
await room.stop()
await database.close()
rmSync(folder, { recursive: true })

async function keep({ append, flush, operations }: LogsRoom): Promise<void> {
  const telemetry = createTelemetry({ clock: realClock, appendLogs: append })
  const sources = Array.from({ length: 50 }, (_, n) => environment(`e${n}`))
  const ms = await timed(async () => {
    await invokeMany(telemetry, sources)
    await flush()
  })
  report('warm invocation, kept in SQLite', 1000 * ms, 'µs', INVOKES)
  report('events kept a second', (INVOKES * 5 * 1000) / ms, '/s')
  report('50 MB of one function', await timed(() => writeFast(telemetry).then(flush)), 'ms')

  const { accountId, region, logging } = environment('e1').fn
  const call = { accountId, region } as never
  const input = { logGroupName: logging.group, logStreamName: environment('e1').logStream }
  report('10,000 events read', await timed(() => operations.GetLogEvents?.(input as never, call)), 'ms')
}

async function invokeMany(telemetry: Telemetry, sources: readonly EnvironmentSource[]): Promise<number> {
  return timed(async () => {
    for (let n = 0; n < INVOKES; n++) {
      const source = sources[n % sources.length]
      if (source !== undefined) invokeOnce(telemetry, source, `9be2a1c4-${n}`)
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  })
}

function invokeOnce(telemetry: Telemetry, source: EnvironmentSource, requestId: string): void {
  const done = { requestId, status: 'success' as const }
  telemetry.event(source, { time: TIME, type: 'platform.start', record: { requestId, version: '$LATEST' } })
  telemetry.output(source, OUTPUT)
  telemetry.event(source, { time: TIME, type: 'platform.runtimeDone', record: { ...done, metrics: METRICS } })
  telemetry.event(source, { time: TIME, type: 'platform.report', record: { ...done, metrics: METRICS } })
}

async function writeFast(telemetry: Telemetry): Promise<void> {
  const chunk = Buffer.from(`${'x'.repeat(99)}\n`.repeat(655))
  const source = environment('fast')
  for (let written = 0; written < 50e6; written += chunk.length) await telemetry.output(source, chunk)
}

async function timed(run: () => Promise<unknown> | undefined): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

function report(what: string, value: number, unit: string, per = 1): void {
  console.log(`${what.padEnd(36)} ${(value / per).toFixed(value / per < 100 ? 2 : 0).padStart(10)} ${unit}`)
}
