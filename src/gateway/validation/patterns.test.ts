import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { toRegExp } from './patterns.ts'

function matches(pattern: string, value: string): boolean | undefined {
  return toRegExp(pattern)?.test(value)
}

test('a pattern must match the whole value, alternatives too', () => {
  assert.equal(matches('[a-z]+', 'abc'), true)
  assert.equal(matches('[a-z]+', 'abc1'), false)
  assert.equal(matches('a|b', 'ab'), false)
  assert.equal(matches('[a-z]+', 'abc\n'), false)
})

test('what Java writes otherwise is understood', () => {
  assert.equal(matches('(?i)all|[0-9]{12}', 'ALL'), true)
  assert.equal(matches('[\\p{L}\\p{N}\\p{Z}-_]*', 'é 1-_'), true)
  assert.equal(matches('[\\p{L}]*', '1'), false)
  assert.equal(matches('\\p{Print}+', 'a b~'), true)
  assert.equal(matches('\\p{Print}+', 'é'), false)
  assert.equal(matches('[\\u0020-\\uD7FF\\uD800\\uDC00-\\uDBFF\\uDFFF\\n]*', 'a𝒳\n'), true)
})

test('a pattern that JavaScript cannot express refuses nothing', () => {
  assert.equal(toRegExp('[a-z&&[^b]]++'), undefined)
})

test('every pattern of every service is understood', () => {
  const notUnderstood: string[] = []
  for (const file of globSync(new URL('../../../data/constraints/*.json', import.meta.url).pathname)) {
    const texts = readFileSync(file, 'utf8').matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)
    const patterns = [...texts].map(([, text]) => JSON.parse(text as string) as string)
    notUnderstood.push(...patterns.filter((pattern) => toRegExp(pattern) === undefined))
  }
  assert.deepEqual(notUnderstood, [])
})
