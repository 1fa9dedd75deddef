import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from '@aws-sdk/client-lambda'
import { durableOperations } from './durable/service.ts'
import { invokeOperations, lambdaOperations } from './service.ts'

test('every operation that the SDK has is there', () => {
  const wanted = Object.keys(client)
    .filter((name) => /^[A-Z]\w*Command$/.test(name))
    .map((name) => name.slice(0, -'Command'.length))
  const there = Object.keys({ ...lambdaOperations, ...invokeOperations, ...durableOperations })
  assert.ok(wanted.length > 80)
  assert.deepEqual(there.sort(), wanted.sort())
})
