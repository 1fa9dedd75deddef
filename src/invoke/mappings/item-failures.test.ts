import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedIds } from './item-failures.ts'

const IDS = new Set(['a', 'b', 'c'])
const failed = (answer: string) => [...failedIds(Buffer.from(answer), IDS)]

test('answers that say nothing of failures are a success of all', () => {
  for (const answer of [
    '{"batchItemFailures":[]}',
    '{"batchItemFailures":null}',
    '{}',
    'null',
    '[]',
    '""',
    '{"other":1}',
    '',
  ])
    assert.deepEqual(failed(answer), [], answer)
})

test('named events have failed, and no others', () => {
  const answer = {
    batchItemFailures: [{ itemIdentifier: 'c' }, { itemIdentifier: 'a' }, { itemIdentifier: 'a' }],
  }
  assert.deepEqual(failed(JSON.stringify(answer)), ['c', 'a'])
})

test('one wrong name makes it a failure of all', () => {
  const wrong = [
    {},
    { itemIdentifier: null },
    { itemIdentifier: '' },
    { itemIdentifier: 1 },
    { itemIdentifier: 'd' },
  ]
  for (const failure of [...wrong, { foo: 1 }, 'a', null]) {
    const answer = JSON.stringify({ batchItemFailures: [{ itemIdentifier: 'a' }, failure] })
    assert.deepEqual(failed(answer), ['a', 'b', 'c'], answer)
  }
  assert.deepEqual(failed('{"batchItemFailures":"a"}'), ['a', 'b', 'c'])
})
