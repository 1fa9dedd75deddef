import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initLimitMs } from './init-limit.ts'
import { WORKER_DEFAULTS } from './settings.ts'

test('an init that an invocation waits for has 10 s, whatever the function’s timeout', () => {
  assert.equal(initLimitMs({ timeoutMs: 900_000 }, 'on-demand', WORKER_DEFAULTS), 10_000)
})

test('an init ahead of invocations has the function’s timeout, at least 130 s and at most 15 min', () => {
  const limit = (timeoutMs: number) => initLimitMs({ timeoutMs }, 'provisioned-concurrency', WORKER_DEFAULTS)

  assert.deepEqual([3000, 130_001, 900_000, 1_000_000].map(limit), [130_000, 130_001, 900_000, 900_000])
})
