import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import { BlockReader } from './block.ts'
import { createLogIngest, type LogIngestSettings } from './ingest.ts'
import { LiveTails } from './live-tail.ts'
import type { LogStore, StreamBatch } from './store.ts'
import { SubscriptionDirectory } from './subscriptions/directory.ts'
import { Subscriptions } from './subscriptions/subscriptions.ts'

const TARGET = { accountId: '111111111111', region: 'us-east-1', group: '/g', stream: 's' }

/** An ingest over a database that can be made to fail, or to wait. */
function ingestRig(settings: LogIngestSettings = {}) {
  const clock = new VirtualClock()
  const kept: StreamBatch[][] = []
  const faults: Error[] = []
  const rig = { clock, kept, faults, failures: 0, gate: undefined as Promise<void> | undefined }
  const append: LogStore['append'] = async (batches) => {
    await rig.gate
    if (rig.failures-- > 0) throw new Error('disk full')
    kept.push([...batches])
  }
  const reportFault = (error: unknown) => void faults.push(error as Error)
  const store = { append, subscriptionsOf: async () => [] } as Partial<LogStore> as LogStore
  const directory = new SubscriptionDirectory(store, new MemoryChanges())
  const subscriptions = new Subscriptions(directory, () => Promise.reject(new Error('nobody subscribed')))
  const liveTails = new LiveTails()
  const ingest = createLogIngest({ store, clock, liveTails, subscriptions, reportFault, settings })
  return Object.assign(rig, { ingest })
}

function events(...messages: string[]) {
  return messages.map((message) => ({ timestamp: 1, message }))
}

function messagesOf(kept: readonly StreamBatch[][]): string[] {
  return kept
    .flat()
    .flatMap(({ blocks }) => blocks)
    .flatMap(({ firstAt, packed }) => {
      const reader = new BlockReader(firstAt, packed)
      return Array.from({ length: reader.count }, (_, index) => reader.message(index))
    })
}

test('what comes within a tenth of a second is kept in one transaction', async () => {
  const { ingest, clock, kept } = ingestRig()
  ingest.append(TARGET, events('a'))
  await clock.advance(60)
  ingest.append({ ...TARGET, stream: 't' }, events('b'))
  ingest.append(TARGET, events('c'))
  assert.equal(kept.length, 0)
  await clock.advance(40)

  assert.equal(kept.length, 1)
  assert.deepEqual(
    kept[0]?.map(({ stream }) => stream),
    ['s', 't'],
  )
  assert.deepEqual(messagesOf(kept), ['a', 'c', 'b'])
})

test('a flush resolves when all that came before is kept, also what a flush under way left out', async () => {
  const rig = ingestRig()
  const { promise, resolve } = Promise.withResolvers<void>()
  rig.gate = promise
  rig.ingest.append(TARGET, events('a'))
  const first = rig.ingest.flush()
  rig.ingest.append(TARGET, events('b'))
  const second = rig.ingest.flush()
  resolve()
  await Promise.all([first, second])
  assert.deepEqual(messagesOf(rig.kept), ['a', 'b'])
})

test('a full buffer asks its writers to wait until there is room', async () => {
  const rig = ingestRig({ fullBytes: 1000 })
  const { promise, resolve } = Promise.withResolvers<void>()
  rig.gate = promise
  assert.equal(rig.ingest.append(TARGET, events('small')), undefined)
  const waits = rig.ingest.append(TARGET, events('x'.repeat(1000)))
  assert.ok(waits instanceof Promise)
  let isRoom = false
  void waits.then(() => {
    isRoom = true
  })
  await rig.clock.advance(1000)
  assert.equal(isRoom, false)
  resolve()
  await waits
  assert.equal(rig.ingest.append(TARGET, events('again')), undefined)
})

test('a buffer that is over its bound loses events, and says how many', async () => {
  const rig = ingestRig({ fullBytes: 100 })
  rig.ingest.append(TARGET, events('x'.repeat(300)))
  rig.ingest.append(TARGET, events('lost', 'lost too'))
  await rig.ingest.flush()
  assert.equal(messagesOf(rig.kept).length, 1)
  assert.match(rig.faults[0]?.message ?? '', /^2 log events are lost/)
})

test('a flush that fails is tried again', async () => {
  const rig = ingestRig()
  rig.failures = 2
  rig.ingest.append(TARGET, events('a'))
  await rig.clock.advance(10_000)
  assert.deepEqual(messagesOf(rig.kept), ['a'])
  assert.deepEqual(rig.faults, [])
})

test('a database that fails for half a minute loses events, and a report says so', async () => {
  const rig = ingestRig()
  rig.failures = 100
  rig.ingest.append(TARGET, events('a', 'b'))
  await rig.clock.advance(30_000)
  assert.match(rig.faults[0]?.message ?? '', /^2 log events of 1 streams are lost/)
  assert.match(String(rig.faults[0]?.cause), /disk full/)

  rig.failures = 0
  rig.ingest.append(TARGET, events('c'))
  await rig.clock.advance(100)
  assert.deepEqual(messagesOf(rig.kept), ['c'])
})

test('stopping keeps what is there, and does not wait for a database that fails', async () => {
  const rig = ingestRig()
  rig.ingest.append(TARGET, events('a'))
  await rig.ingest.stop()
  assert.deepEqual(messagesOf(rig.kept), ['a'])

  const failing = ingestRig()
  failing.failures = 100
  failing.ingest.append(TARGET, events('a'))
  await failing.clock.advance(100)
  await failing.ingest.stop()
  assert.equal(failing.faults.length, 1)
})

test('much at once is kept at once', async () => {
  const rig = ingestRig()
  rig.ingest.append(TARGET, events('x'.repeat(3 * 1024 * 1024)))
  await rig.clock.advance(0)
  assert.equal(rig.kept.length, 1)
})
