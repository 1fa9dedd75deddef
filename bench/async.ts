import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { realClock } from '../src/base/clock.ts'
import { realRandom } from '../src/base/random.ts'
import { newEntryId } from '../src/invoke/async/entry.ts'
import { eventLane } from '../src/invoke/async/event.ts'
import { createAsyncQueueStore } from '../src/invoke/async/store.sql.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import type { Figure } from './figure.ts'
import { AUTHORIZATION, clientOf, createEcho, invocationsOf } from './support/functions.ts'
import { load, request } from './support/load.ts'
import { residentMb, type Server, startLambdadOn } from './support/processes.ts'
import { quantile } from './support/statistics.ts'

const CONNECTIONS = 64
const RUN_MS = 5000
const BACKLOG = 1_000_000
const SMALL_BACKLOG = 20_000
const BATCH = 5000
const DRAIN_MS = 8000
const EVENT = '{"order":"4711","items":[1,2,3]}'

/** Events acknowledged while they are also run, and what a backlog costs in memory and at a start. */
export async function asynchronous(): Promise<Figure[]> {
  const data = await mkdtemp(path.join(tmpdir(), 'lambdad-bench-'))
  try {
    return [...(await acknowledgements(data)), ...(await backlog(data))]
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

async function acknowledgements(data: string): Promise<Figure[]> {
  const lambdad = await startLambdadOn(data)
  await createEcho(clientOf(lambdad.port), 'echo', 'nodejs24.x')
  const headers = { authorization: AUTHORIZATION, 'x-amz-invocation-type': 'Event' }
  const raw = request(lambdad.port, invocationsOf('echo'), headers, EVENT)
  await load(lambdad.port, raw, CONNECTIONS, RUN_MS / 2)
  const { requestsPerSecond, latencies, errors } = await load(lambdad.port, raw, CONNECTIONS, RUN_MS)
  await kill(lambdad)
  const detail = `p50 ${quantile(latencies, 0.5).toFixed(1)} ms, ${errors} errors`
  return [
    figure(
      `events acknowledged, ${CONNECTIONS} connections`,
      requestsPerSecond,
      { atLeast: 3000 },
      '/s',
      detail,
    ),
    figure('acknowledgement of an event, p99', quantile(latencies, 0.99), { atMost: 50 }, 'ms'),
    figure('events that were not acknowledged', errors, { atMost: 0 }, ''),
  ]
}

async function backlog(data: string): Promise<Figure[]> {
  await fill(data, SMALL_BACKLOG)
  const small = await drain(data)
  await fill(data, BACKLOG)
  const large = await drain(data)
  const again = await startLambdadOn(data)
  await kill(again)
  const detail = `${small.residentMb.toFixed(0)} MB with ${SMALL_BACKLOG}, ${large.residentMb.toFixed(0)} MB with ${BACKLOG}, while they are run`
  return [
    figure(
      'memory with 1,000,000 events waiting',
      large.residentMb - small.residentMb,
      { atMost: 30 },
      'MB more',
      detail,
    ),
    figure(
      'start-up after a crash with them',
      again.readyMs,
      { atMost: 2000 },
      'ms',
      `${large.readyMs.toFixed(0)} ms at first`,
    ),
    figure('events run from the backlog', large.perSecond, { atLeast: 300 }, '/s'),
  ]
}

/** Puts events into the queue of a lambdad that does not run. */
async function fill(data: string, count: number): Promise<void> {
  const database = await openSqlite(path.join(data, 'lambdad.db'))
  const store = createAsyncQueueStore(database, 'bench')
  const target = { accountId: '000000000000', region: 'us-east-1', functionName: 'echo' }
  const payload = Buffer.from(EVENT)
  for (let done = 0; done < count; done += BATCH) {
    const inserts = Array.from({ length: BATCH }, () => {
      const now = realClock.now()
      const event = {
        ...target,
        requestId: realRandom.uuid(),
        receivedAt: now,
        traceHeader: '',
        runs: 0,
        stalls: 0,
      }
      const id = newEntryId({ clock: realClock, random: realRandom })
      return { entry: { id, lane: eventLane(target), dueAt: now, detail: JSON.stringify(event), payload } }
    })
    await store.apply({ inserts, updates: [], deletes: [] })
  }
  await database.close()
}

async function drain(data: string) {
  const before = await waiting(data)
  const lambdad = await startLambdadOn(data)
  await new Promise((resolve) => setTimeout(resolve, DRAIN_MS))
  const resident = await residentMb(lambdad.child.pid)
  await kill(lambdad)
  const perSecond = (before - (await waiting(data))) / (DRAIN_MS / 1000)
  return { residentMb: resident, readyMs: lambdad.readyMs, perSecond }
}

async function waiting(data: string): Promise<number> {
  const database = await openSqlite(path.join(data, 'lambdad.db'))
  const { count } = await database.kysely
    .withTables<{ async_queue: { id: string } }>()
    .selectFrom('async_queue')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  await database.close()
  return Number(count)
}

/** As by a power cut. */
async function kill({ child }: Server): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function figure(what: string, value: number, limit: Figure['limit'], unit: string, detail = ''): Figure {
  return { what, value, limit, unit, detail }
}
