import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findRuntimeIdentifier, isDeprecated, RUNTIMES } from './runtimes.ts'

const model = JSON.parse(readFileSync(new URL('../../data/constraints/lambda.json', import.meta.url), 'utf8'))

test("the list is the model's enum, in its order", () => {
  const names = RUNTIMES.map(({ name }) => name)
  assert.deepEqual(names, model.structures.CreateFunctionRequest.Runtime.enum)
})

test('a runtime is deprecated from its day on', () => {
  const python38 = findRuntimeIdentifier('python3.8')
  assert.ok(python38)
  assert.equal(isDeprecated(python38, Date.UTC(2024, 9, 13, 23, 59)), false)
  assert.equal(isDeprecated(python38, Date.UTC(2024, 9, 14)), true)
})

test('a runtime without a day is not deprecated, and an unknown name is no runtime', () => {
  const ruby40 = findRuntimeIdentifier('ruby4.0')
  assert.ok(ruby40)
  assert.equal(isDeprecated(ruby40, Date.UTC(2100, 0)), false)
  assert.equal(findRuntimeIdentifier('nodejs99.x'), undefined)
})
