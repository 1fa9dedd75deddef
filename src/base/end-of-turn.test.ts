import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { atEndOfTurn } from './end-of-turn.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('all run at the end of the turn, in the order in which they were asked for', async () => {
  const order: string[] = []
  atEndOfTurn(() => order.push('first'))
  atEndOfTurn(() => order.push('second'))
  process.nextTick(() => order.push('tick'))
  await nextTurn()
  assert.deepEqual(order, ['tick', 'first', 'second'])
})

test('what is asked for meanwhile runs in the next turn', async () => {
  const order: string[] = []
  atEndOfTurn(() => {
    atEndOfTurn(() => order.push('next'))
    order.push('this')
  })
  await nextTurn()
  assert.deepEqual(order, ['this'])
  await nextTurn()
  assert.deepEqual(order, ['this', 'next'])
})

test('one that throws does so as from a callback of the loop, and the others run', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads')
    process.on('uncaughtException', (error) => parentPort.postMessage(error.message))
    import(${JSON.stringify(new URL('end-of-turn.ts', import.meta.url).href)}).then(({ atEndOfTurn }) => {
      atEndOfTurn(() => { throw new Error('mine') })
      atEndOfTurn(() => parentPort.postMessage('other'))
    })`
  const worker = new Worker(source, { eval: true })
  const messages: unknown[] = []
  worker.on('message', (message) => messages.push(message))
  await once(worker, 'exit')
  assert.deepEqual(messages, ['mine', 'other'])
})
