import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FilterScope, parseFilterPolicy, passes } from './filter-policy.ts'

const text = (stringValue: string, dataType = 'String') => ({ dataType, stringValue })
const ATTRIBUTES = {
  store: text('example_corp'),
  price: text('210.75', 'Number'),
  interests: text('["soccer","rugby"]', 'String.Array'),
  ip: text('10.0.0.7'),
  blob: { dataType: 'Binary', binaryValue: Buffer.from('x') },
}

function passesAttributes(policy: object): boolean {
  const pattern = parseFilterPolicy(JSON.stringify(policy), 'MessageAttributes')
  return passes(pattern, 'MessageAttributes', { message: '', attributes: ATTRIBUTES })
}

function passesBody(policy: object, message: string): boolean {
  const pattern = parseFilterPolicy(JSON.stringify(policy), 'MessageBody')
  return passes(pattern, 'MessageBody', { message, attributes: {} })
}

// The operators of Amazon SNS Developer Guide, "Amazon SNS subscription filter policies".
for (const [policy, isPassed] of [
  [{ store: ['example_corp'] }, true],
  [{ store: ['other', 'example_corp'] }, true],
  [{ store: ['Example_corp'] }, false],
  [{ store: [{ 'equals-ignore-case': 'EXAMPLE_CORP' }] }, true],
  [{ store: [{ prefix: 'exam' }] }, true],
  [{ store: [{ suffix: 'corp' }] }, true],
  [{ store: [{ 'anything-but': ['a', 'b'] }] }, true],
  [{ store: [{ 'anything-but': 'example_corp' }] }, false],
  [{ store: [{ 'anything-but': { prefix: 'exam' } }] }, false],
  [{ store: [{ exists: true }] }, true],
  [{ other: [{ exists: false }] }, true],
  [{ other: ['x'] }, false],
  [{ store: ['example_corp'], other: ['x'] }, false],
  [{ price: [210.75] }, true],
  [{ price: ['210.75'] }, false],
  [{ price: [{ numeric: ['>', 100, '<=', 210.75] }] }, true],
  [{ price: [{ numeric: ['<', 100] }] }, false],
  [{ store: [210.75] }, false],
  [{ interests: ['rugby'] }, true],
  [{ interests: ['tennis'] }, false],
  [{ interests: [{ 'anything-but': ['rugby'] }] }, true],
  [{ ip: [{ cidr: '10.0.0.0/24' }] }, true],
  [{ ip: [{ cidr: '10.0.1.0/24' }] }, false],
  [{ blob: [{ exists: true }] }, false],
  [{ $or: [{ store: ['x'] }, { price: [210.75] }] }, true],
  [{ $or: [{ store: ['x'] }, { price: [1] }] }, false],
] as const) {
  test(`${JSON.stringify(policy)} ${isPassed ? 'takes' : 'refuses'} the attributes`, () =>
    assert.equal(passesAttributes(policy), isPassed))
}

test('a policy of the body looks into it; what is no JSON object matches nothing', () => {
  const policy = { order: { lines: { sku: ['a'] } } }
  assert.equal(passesBody(policy, '{"order":{"lines":[{"sku":"b"},{"sku":"a"}]}}'), true)
  assert.equal(passesBody(policy, '{"order":{"lines":[]}}'), false)
  assert.equal(passesBody({ a: [{ exists: false }] }, '[1]'), false)
  assert.equal(passesBody({ a: [{ exists: false }] }, 'no JSON'), false)
})

const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`)

for (const [why, scope, policy] of [
  ['no JSON', 'MessageAttributes', '{'],
  ['no object', 'MessageAttributes', '[]'],
  ['no array', 'MessageAttributes', '{"a":"b"}'],
  ['an unknown operator', 'MessageAttributes', '{"a":[{"like":"b"}]}'],
  ['an operator of rules only', 'MessageAttributes', '{"a":[{"wildcard":"b*"}]}'],
  ['six keys', 'MessageAttributes', JSON.stringify(Object.fromEntries(values(6).map((key) => [key, ['x']])))],
  ['151 combinations', 'MessageAttributes', JSON.stringify({ a: values(151) })],
  ['values that lie deep', 'MessageBody', JSON.stringify({ a: { b: { c: values(51) } } })],
  ['a number beyond a billion', 'MessageAttributes', '{"a":[{"numeric":["<",1000000001]}]}'],
  ['more than 256 KB', 'MessageAttributes', JSON.stringify({ a: ['x'.repeat(256 * 1024)] })],
] as const satisfies readonly (readonly [string, FilterScope, string])[]) {
  test(`refused: ${why}`, () =>
    assert.throws(() => parseFilterPolicy(policy, scope), {
      code: 'InvalidParameterException',
      message: /^Invalid parameter: FilterPolicy: /,
    }))
}

test('the guide’s example of a policy’s complexity: 4 × 3 levels, 3 × 2, 2 × 1 are 144', () => {
  const policy = { a: { b: { c: values(4) } }, d: { e: values(3) }, f: values(2) }
  assert.ok(parseFilterPolicy(JSON.stringify(policy), 'MessageBody'))
})

test('a nested policy of attributes is refused in words of its own', () =>
  assert.throws(() => parseFilterPolicy('{"a":{"b":["c"]}}', 'MessageAttributes'), {
    message: 'Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy',
  }))
