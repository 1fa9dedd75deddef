import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pollingLimiter } from './limits/polling.ts'
import { testWorker } from './testing.ts'

const MB = 2 ** 20

test('what all environments hold of memory is measured, and given back with them', async (t) => {
  const { startFunction, worker } = await testWorker(t, 'process')
  const code =
    'let kept; exports.handler = ({ mb }) => { kept = Buffer.alloc(mb << 20, 1); return kept.length }'
  const [one, other] = [startFunction(code), startFunction(code)]
  await one.call({ mb: 0 })
  await other.call({ mb: 0 })
  const before = worker.memory()

  await one.call({ mb: 100 })
  await other.call({ mb: 50 })

  const grown = worker.memory().environmentsBytes - before.environmentsBytes
  assert.ok(grown > 140 * MB && grown < 200 * MB, `${grown / MB} MB`)
  assert.ok(before.availableBytes > 0)
  one.environment.retire()
  other.environment.retire()
  for (let tries = 0; tries < 200 && worker.memory().environmentsBytes > 5 * MB; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(worker.memory().environmentsBytes <= 5 * MB)
})

test('where it can only be looked at, the sum is of those that are there', {
  skip: process.platform !== 'linux' && 'there is no /proc',
}, async () => {
  const limiter = pollingLimiter()
  const limits = limiter.create('e1-1', { memoryMb: 128, temporaryMb: 512 })
  assert.equal(limiter.inUse(), 0)
  limits.started(process.pid)
  assert.ok(limiter.inUse() > 10 * MB)
  await limits.remove()
  assert.equal(limiter.inUse(), 0)
})
