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

// As recorded on AWS, which also says in which line and column.
for (const [condition, reason] of [
  ['["value"]', 'Match value must be String, number, true, false, or null'],
  ['{"wrong-operator":true}', 'Unrecognized match type wrong-operator'],
  ['{"suffix":"value","prefix":"value2"}', 'Only one key allowed in match expression'],
  ['{"suffix":100}', 'suffix match pattern must be a string'],
  ['{"suffix":null}', 'suffix match pattern must be a string'],
  ['{"suffix":["test","test2"]}', 'suffix match pattern must be a string'],
  ['{"numeric":[]}', 'Invalid member in numeric match: ]'],
  ['{"numeric":["operator"]}', 'Unrecognized numeric range operator: operator'],
  ['{"numeric":[1,"<="]}', 'Invalid member in numeric match: 1'],
  ['{"numeric":["=","000"]}', 'Value of equals must be numeric'],
  ['{"numeric":[">="]}', 'Value of >= must be numeric'],
  ['{"numeric":["<",100,">",10]}', 'Too many elements in numeric expression'],
  ['{"numeric":[">=",1,">",2]}', 'Bad numeric range operator: >'],
  ['{"numeric":[">",3,"<",1]}', 'Bottom must be less than top'],
  ['{"numeric":[">",20,"<="]}', 'Value of <= must be numeric'],
  ['{"numeric":[">",20,30]}', 'Bad value in numeric range: 30'],
  ['{"numeric":[">",20,"test"]}', 'Bad numeric range operator: test'],
  ['{"numeric":[">","20","<","30"]}', 'Value of > must be numeric'],
  ['{"numeric":[">",20,"<","30"]}', 'Value of < must be numeric'],
  ['{"numeric":[">",20,"<",30,"<",50]}', 'Too many terms in numeric range expression'],
  ['{"exists":null}', 'exists match pattern must be either true or false.'],
  ['{"exists":"no"}', 'exists match pattern must be either true or false.'],
  ['{"anything-but":{"wrong-operator":null}}', 'Unsupported anything-but pattern: wrong-operator'],
  ['{"anything-but":{"suffix":"test"}}', 'Unsupported anything-but pattern: suffix'],
  ['{"anything-but":{"exists":false}}', 'Unsupported anything-but pattern: exists'],
  ['{"anything-but":{"prefix":false}}', 'prefix match pattern must be a string'],
] as const) {
  test(`${condition} is refused: ${reason}`, () =>
    assert.throws(() => parseFilterPolicy(`{"key":[${condition}]}`, 'MessageAttributes'), {
      message: `Invalid parameter: FilterPolicy: ${reason}`,
    }))
}

for (const [policy, reason] of [
  ['{"key":{"suffix":"value"}}', '"suffix" must be an object or an array'],
  ['{"key_a":"value_one"}', '"key_a" must be an object or an array'],
  ['{invalid', 'failed to parse JSON.'],
  [`{"a${'.'.repeat(100_000)}":["x"]}`, 'Filter policy is too complex'],
] as const) {
  test(`${policy.slice(0, 40)} is refused: ${reason}`, () =>
    assert.throws(() => parseFilterPolicy(policy, 'MessageBody'), {
      message: `Invalid parameter: FilterPolicy: ${reason}`,
    }))
}

// Which messages came through, as recorded there.
for (const [policy, message, isPassed] of [
  [{ object: { key: [{ prefix: 'auto-' }] } }, '{"object":{"key":"auto-test"}}', true],
  [{ 'object.nested': ['string.value'] }, '{"object":{"nested":"string.value"}}', true],
  [{ 'object.nested': ['string.value'] }, '{"object.nested":"string.value"}', true],
  [{ 'object.nested': ['string.value'] }, '{"object":{"nested":"test-auto"}}', false],
  [{ 'object.nested.test': ['x.y'] }, '{"object":{"nested":{"test":"x.y"}}}', true],
  [{ 'object.nested.test': ['x.y'] }, '{"object.nested.test":"x.y"}', true],
  [{ 'object.nested.test': ['x.y'] }, '{"object.nested":{"test":"x.y"}}', true],
  [{ 'object.nested.test': ['x.y'] }, '{"object":{"nested.test":"x.y"}}', true],
  [{ 'a.b': ['x'], 'a.c': ['y'] }, '{"a":{"b":"x"},"a.c":["y","z"]}', true],
  [{ 'a.b': ['y'] }, '{"a":{"b":"x"},"a.b":"y"}', true],
  [{ headers: { 'route-to': ['queue1'] } }, '{"headers":{"route-to":["queue1","queue2"]}}', true],
  [{ headers: { 'route-to': ['queue2'] } }, '{"headers":{"route-to":["queue1"]}}', false],
] as const) {
  test(`${JSON.stringify(policy)} ${isPassed ? 'takes' : 'refuses'} ${message}`, () =>
    assert.equal(passesBody(policy, message), isPassed))
}
