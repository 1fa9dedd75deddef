// What the store costs: `node bench/store.ts [folder]`. The folder decides which disk is measured.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { sql } from 'kysely'
import { realClock } from '../src/base/clock.ts'
import { realRandom } from '../src/base/random.ts'
import { openFileBlobs } from '../src/store/blobs.files.ts'
import type { Database, WriteOptions } from '../src/store/database.ts'
import { openPostgres } from '../src/store/postgres.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { hasPostgres } from '../src/store/testing/postgres-server.ts'
import { newPostgresUrl } from '../src/store/testing.ts'

const ROUND_MS = 2000
const VALUE = 'x'.repeat(200)
let count = 0

async function lane(database: Database, until: number, options?: WriteOptions): Promise<void> {
  while (performance.now() < until) {
    const name = `row ${count++}`
    await database.write(
      (transaction) => sql`insert into store_settings values (${name}, ${VALUE})`.execute(transaction),
      options,
    )
  }
}

async function writes(database: Database, lanes: number, options?: WriteOptions): Promise<string> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const [before, start] = [count, performance.now()]
  await Promise.all(Array.from({ length: lanes }, () => lane(database, start + ROUND_MS, options)))
  const rows = (count - before) / ((performance.now() - start) / 1000)
  delays.disable()
  return `${Math.round(rows)} rows/s, event loop late by p50 ${ms(delays, 50)} p99 ${ms(delays, 99)} max ${ms(delays, 100)} ms`
}

/** The timer of the histogram is itself 1 ms. */
const ms = (delays: ReturnType<typeof monitorEventLoopDelay>, percentile: number) =>
  Math.max(0, delays.percentile(percentile) / 1e6 - 1).toFixed(1)

async function reads(database: Database): Promise<string> {
  await database.write((transaction) =>
    sql`insert into store_settings values ('one', '')`.execute(transaction),
  )
  const start = performance.now()
  for (let index = 0; index < 5000; index++) {
    await sql`select value from store_settings where name = 'one'`.execute(database.kysely)
  }
  return `${((performance.now() - start) / 5).toFixed(1)} µs a read by key`
}

async function timed<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
  const start = performance.now()
  const result = await run()
  console.log(`${name}: ${(performance.now() - start).toFixed(2)} ms`)
  return result
}

async function measure(name: string, database: Database): Promise<void> {
  for (const lanes of [1, 8, 64]) console.log(`${name}, ${lanes} at a time: ${await writes(database, lanes)}`)
  console.log(`${name}: ${await reads(database)}`)
}

const folder = mkdtempSync(path.join(process.argv[2] ?? tmpdir(), 'lambdad-bench-'))
try {
  const file = path.join(folder, 'lambdad.db')
  await (await timed('SQLite, new', () => openSqlite(file))).close()
  for (let times = 0; times < 3; times++)
    await (await timed('SQLite, up to date', () => openSqlite(file))).close()
  const sqlite = await openSqlite(file)
  await measure('SQLite', sqlite)
  await sqlite.close()
  const memory = await timed('SQLite in memory, new', () => openSqlite(':memory:'))
  await measure('SQLite in memory', memory)
  await memory.close()

  const blobs = await openFileBlobs(path.join(folder, 'blobs'), { clock: realClock, random: realRandom })
  for (const size of [1000, 1_000_000, 50_000_000]) {
    const bytes = realRandom.bytes(size)
    await timed(`blob of ${size} bytes`, () => blobs.put(bytes))
  }

  if (hasPostgres()) {
    const url = await newPostgresUrl()
    const postgres = await timed('PostgreSQL, new', () => openPostgres(url))
    await (await timed('PostgreSQL, up to date', () => openPostgres(url))).close()
    await measure('PostgreSQL without fsync', postgres)
    console.log(
      `PostgreSQL without fsync, isolation locks, 64 at a time: ${await writes(postgres, 64, { isolation: 'locks' })}`,
    )
    await postgres.close()
  }
} finally {
  rmSync(folder, { recursive: true })
}
