import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from './commands/start.ts'

test('what is no flag is refused: a flag’s value would be ignored', async () => {
  await assert.rejects(start(['--compile-ahead', 'false'], {}), {
    message: 'start takes flags only, not false. What is on by default is turned off by --no-<flag>.',
  })
})
