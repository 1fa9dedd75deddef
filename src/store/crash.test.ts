import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { realClock } from '../base/clock.ts'
import { realRandom } from '../base/random.ts'
import { listed, readAll } from './blobs.contract.ts'
import { openStores, type Stores } from './stores.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

/** Each process takes about 0.5 s. LAMBDAD_LONG=1 takes minutes. */
const FOLDERS = process.env.LAMBDAD_LONG ? 20 : 1
const PROCESSES = 7
const LIFE_MS_MAX = 300

test('after kill -9 what was acknowledged is there, and nothing is half there', async (t) => {
  for (let folder = 0; folder < FOLDERS; folder++) {
    const count = await killAndCheck(temporaryFolder(t))
    t.diagnostic(`${count} writes acknowledged by ${PROCESSES} processes`)
    assert.ok(count > PROCESSES * 5)
  }
})

async function killAndCheck(data: string): Promise<number> {
  const acknowledged: string[] = []
  const read = new Set<string>()
  for (let round = 0; round < PROCESSES; round++) {
    acknowledged.push(...(await writeUntilKilled(data, round)))
    await check(data, acknowledged, read)
  }
  return acknowledged.length
}

/** What the process says that it has kept, until it is killed at a random moment. */
async function writeUntilKilled(data: string, round: number): Promise<string[]> {
  const writer = fileURLToPath(new URL('./testing/crash-writer.ts', import.meta.url))
  const child = spawn(process.execPath, [writer, data, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const closed = new Promise((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (bytes) => {
      said += bytes
      resolve()
    })
    child.once('close', resolve)
  })
  await sleep(Math.random() * LIFE_MS_MAX)
  child.kill('SIGKILL')
  await closed
  const [ready, ...lines] = said.split('\n').slice(0, -1)
  assert.equal(ready, 'ready')
  return lines
}

/** @param read - the blobs that were found whole after an earlier kill */
async function check(data: string, acknowledged: readonly string[], read: Set<string>): Promise<void> {
  const stores = await openStores(
    { data, memory: false, database: '' },
    { clock: realClock, random: realRandom, programVersion: 'crash', say: () => {} },
  )
  try {
    await checkRows(stores, acknowledged)
    await checkBlobs(stores, acknowledged, read)
    assert.deepEqual(readdirSync(path.join(stores.folder.blobs, 'unfinished')), [])
  } finally {
    await stores.close()
  }
}

async function checkRows({ database }: Stores, acknowledged: readonly string[]): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from store_settings`.execute(database.kysely)
  const names = new Set(rows.map(({ name }) => name))
  const lost = withKind(acknowledged, 'row').filter((id) => !names.has(`left ${id}`))
  assert.deepEqual(lost, [])
  const half = [...names].filter((name) => !names.has(otherHalf(name)))
  assert.deepEqual(half, [])
}

async function checkBlobs(
  { blobs }: Stores,
  acknowledged: readonly string[],
  read: Set<string>,
): Promise<void> {
  const names = new Set((await listed(blobs)).map(({ sha256 }) => sha256))
  const lost = withKind(acknowledged, 'blob').filter((sha256) => !names.has(sha256))
  assert.deepEqual(lost, [])
  for (const sha256 of names) {
    if (read.has(sha256)) continue
    assert.equal(
      createHash('sha256')
        .update(await readAll(blobs, sha256))
        .digest('hex'),
      sha256,
    )
    read.add(sha256)
  }
}

function withKind(lines: readonly string[], kind: string): string[] {
  return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1))
}

function otherHalf(name: string): string {
  return name.startsWith('left ') ? name.replace('left ', 'right ') : name.replace('right ', 'left ')
}
