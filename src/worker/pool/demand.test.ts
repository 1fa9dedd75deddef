import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Demand } from './demand.ts'

const IDLE_MS = 300_000

test('one is kept for the next function, as many as were wanted at once where there were more', () => {
  const demand = new Demand()
  assert.equal(demand.wanted(0, IDLE_MS), 0)
  demand.wished(1000)
  assert.equal(demand.wanted(1100, IDLE_MS), 1)
  for (const at of [5000, 5100, 5900]) demand.wished(at)
  assert.equal(demand.wanted(6000, IDLE_MS), 3)
})

test('after a minute a burst is forgotten, and after the idle time all', () => {
  const demand = new Demand()
  for (let i = 0; i < 10; i++) demand.wished(i)
  assert.equal(demand.wanted(59_000, IDLE_MS), 10)
  assert.equal(demand.wanted(61_000, IDLE_MS), 1)
  assert.equal(demand.wanted(IDLE_MS + 9, IDLE_MS), 0)
})
