import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { VirtualClock } from '../base/clock.ts'
import { realRandom } from '../base/random.ts'
import { openStores } from './stores.ts'
import { hasPostgres } from './testing/postgres-server.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'
import { newPostgresUrl } from './testing.ts'

const deps = { clock: new VirtualClock(), random: realRandom, programVersion: '0.1.0', say: () => {} }

test('what the stores keep in a folder is there when they are opened again', async (t) => {
  const settings = { data: path.join(temporaryFolder(t), 'data'), memory: false, database: '' }
  const first = await openStores(settings, deps)
  await first.values.put('name', 'value')
  const { sha256 } = await first.blobs.put(Buffer.from('code'))
  await first.close()
  const second = await openStores(settings, deps)
  t.after(() => second.close())
  assert.equal(await second.values.find('name'), 'value')
  assert.equal(await second.blobs.has(sha256), true)
})

test('a second lambdad on the same folder is refused, and the first goes on', async (t) => {
  const settings = { data: temporaryFolder(t), memory: false, database: '' }
  const first = await openStores(settings, deps)
  t.after(() => first.close())
  await assert.rejects(openStores(settings, deps), { code: 'DatabaseLocked' })
  await first.values.put('still', 'here')
})

test('all rooms of the stores work together: lease, change, blob', async (t) => {
  const stores = await openStores({ data: '', memory: true, database: '' }, deps)
  t.after(() => stores.close())
  const heard: unknown[] = []
  stores.changes.subscribe('things', (key) => heard.push(key))
  const lease = await stores.leases.acquire('one', 'me', 1000)
  await stores.database.write(async (transaction) => {
    assert.ok(lease && (await stores.leases.isHeld(transaction, lease)))
    await stores.changes.publish('things', 'x', transaction)
  })
  assert.deepEqual(heard, ['x'])
})

test('in memory the data folder is left alone, and nothing stays', async (t) => {
  const data = path.join(temporaryFolder(t), 'data')
  const stores = await openStores({ data, memory: true, database: '' }, deps)
  const place = stores.folder.path
  await stores.blobs.put(Buffer.from('code'))
  await stores.close()
  assert.equal(existsSync(place), false)
  assert.equal(existsSync(data), false)
})

test('what a killed lambdad had in memory is removed by the next one, what a living one has is not', async (t) => {
  const script = `
    const { openStores } = await import(${JSON.stringify(new URL('./stores.ts', import.meta.url).href)})
    const { realClock } = await import(${JSON.stringify(new URL('../base/clock.ts', import.meta.url).href)})
    const { realRandom } = await import(${JSON.stringify(new URL('../base/random.ts', import.meta.url).href)})
    const stores = await openStores({ data: '', memory: true, database: '' },
      { clock: realClock, random: realRandom, programVersion: '', say: () => {} })
    console.log(stores.folder.path)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const place = String(line).trim()
  await (await openStores({ data: '', memory: true, database: '' }, deps)).close()
  assert.equal(existsSync(place), true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await openStores({ data: '', memory: true, database: '' }, deps)).close()
  assert.equal(existsSync(place), false)
})

test('a database that is no PostgreSQL URL is refused, and the folder is free again', async (t) => {
  const data = temporaryFolder(t)
  await assert.rejects(openStores({ data, memory: false, database: 'mysql://x' }, deps), {
    code: 'BadSetting',
  })
  await (await openStores({ data, memory: false, database: '' }, deps)).close()
})

if (hasPostgres()) {
  test('on PostgreSQL the data folder has blobs and no database', async (t) => {
    const data = temporaryFolder(t)
    const stores = await openStores({ data, memory: false, database: await newPostgresUrl() }, deps)
    t.after(() => stores.close())
    await stores.values.put('name', 'value')
    await stores.blobs.put(Buffer.from('code'))
    assert.equal(stores.database.dialect.name, 'postgres')
    assert.deepEqual(
      readdirSync(data).filter((name) => name.endsWith('.db')),
      [],
    )
  })
} else test.skip('skipped: no PostgreSQL binaries on this machine', () => {})
