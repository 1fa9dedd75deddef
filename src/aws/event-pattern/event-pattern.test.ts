import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches } from './match.ts'
import { parsePattern } from './parse.ts'
import { type Dialect, EVENT_BUS, MAPPING, PatternError, PIPE } from './pattern.ts'

const EVENT = {
  version: '0',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  time: '2017-12-22T18:43:48Z',
  resources: [
    'arn:aws:ec2:us-west-1:123456789012:instance/i-1',
    'arn:aws:ec2:us-west-1:123456789012:instance/i-2',
  ],
  detail: {
    state: 'Terminated',
    'c-count': 5,
    ratio: 0.25,
    empty: '',
    nothing: null,
    flag: false,
    ip: '10.0.0.129',
    ip6: '2001:db8::ff',
    path: 'dir/lib/image.PNG',
    location: { city: 'Berlin' },
    employees: [
      { first: 'Anna', last: 'Schmidt' },
      { first: 'Ben', last: 'Meyer' },
    ],
    tags: [],
  },
}

function isMatch(pattern: unknown, event: unknown = EVENT, dialect: Dialect = EVENT_BUS): boolean {
  return matches(parsePattern(JSON.stringify(pattern), dialect), event)
}

const inDetail = (pattern: unknown) => isMatch({ detail: pattern })

test('every field that is named must have one of its values', () => {
  assert.ok(isMatch({ source: ['aws.ec2'] }))
  assert.ok(isMatch({ source: ['aws.s3', 'aws.ec2'], version: ['0'] }))
  assert.ok(!isMatch({ source: ['aws.ec2'], version: ['1'] }))
  assert.ok(!isMatch({ source: ['AWS.EC2'] }))
  assert.ok(!isMatch({ missing: ['aws.ec2'] }))
})

test('texts, numbers, booleans, null and the empty text are told apart', () => {
  assert.ok(inDetail({ 'c-count': [5] }))
  assert.ok(!inDetail({ 'c-count': ['5'] }))
  assert.ok(inDetail({ flag: [false] }))
  assert.ok(!inDetail({ flag: ['false'] }))
  assert.ok(inDetail({ nothing: [null] }))
  assert.ok(!inDetail({ empty: [null] }))
  assert.ok(inDetail({ empty: [''] }))
  assert.ok(!inDetail({ absent: [null] }))
})

test('of an array one element must match', () => {
  assert.ok(isMatch({ resources: [{ suffix: 'i-2' }] }))
  assert.ok(!isMatch({ resources: [{ suffix: 'i-3' }] }))
  assert.ok(matches(parsePattern('{"a":[1]}', EVENT_BUS), { a: [[2], [[1]]] }))
})

test('two fields of an object in an array must match in the same element', () => {
  assert.ok(inDetail({ employees: { first: ['Anna'], last: ['Schmidt'] } }))
  assert.ok(!inDetail({ employees: { first: ['Anna'], last: ['Meyer'] } }))
})

test('prefix, suffix, and both ignoring case', () => {
  assert.ok(isMatch({ time: [{ prefix: '2017-12-' }] }))
  assert.ok(!isMatch({ time: [{ prefix: '2018' }] }))
  assert.ok(inDetail({ path: [{ suffix: '.PNG' }] }))
  assert.ok(!inDetail({ path: [{ suffix: '.png' }] }))
  assert.ok(inDetail({ path: [{ suffix: { 'equals-ignore-case': '.png' } }] }))
  assert.ok(inDetail({ path: [{ prefix: { 'equals-ignore-case': 'DIR/' } }] }))
  assert.ok(!inDetail({ 'c-count': [{ prefix: '5' }] }))
})

test('equals-ignore-case', () => {
  assert.ok(inDetail({ state: [{ 'equals-ignore-case': 'tErMiNaTeD' }] }))
  assert.ok(!inDetail({ state: [{ 'equals-ignore-case': 'running' }] }))
})

test('wildcard', () => {
  assert.ok(inDetail({ path: [{ wildcard: '*/lib/*' }] }))
  assert.ok(inDetail({ path: [{ wildcard: 'dir*PNG' }] }))
  assert.ok(!inDetail({ path: [{ wildcard: '*/bin/*' }] }))
  assert.ok(matches(parsePattern('{"a":[{"wildcard":"1\\\\*2\\\\\\\\*"}]}', EVENT_BUS), { a: '1*2\\x' }))
  assert.ok(!matches(parsePattern('{"a":[{"wildcard":"1\\\\*2"}]}', EVENT_BUS), { a: '1x2' }))
})

test('numeric takes numbers only', () => {
  assert.ok(inDetail({ 'c-count': [{ numeric: ['>', 0, '<=', 5] }] }))
  assert.ok(!inDetail({ 'c-count': [{ numeric: ['>', 0, '<', 5] }] }))
  assert.ok(inDetail({ 'c-count': [{ numeric: ['=', 5.0] }] }))
  assert.ok(inDetail({ ratio: [{ numeric: ['<', 0.3] }] }))
  assert.ok(!inDetail({ state: [{ numeric: ['>', 0] }] }))
  assert.ok(!matches(parsePattern('{"a":[{"numeric":["=",1]}]}', EVENT_BUS), { a: '1' }))
})

test('cidr, of both versions of IP', () => {
  assert.ok(inDetail({ ip: [{ cidr: '10.0.0.0/24' }] }))
  assert.ok(!inDetail({ ip: [{ cidr: '10.0.0.0/25' }] }))
  assert.ok(inDetail({ ip: [{ cidr: '0.0.0.0/0' }] }))
  assert.ok(inDetail({ ip6: [{ cidr: '2001:db8::/32' }] }))
  assert.ok(!inDetail({ ip6: [{ cidr: '2001:db9::/32' }] }))
  assert.ok(!inDetail({ state: [{ cidr: '0.0.0.0/0' }] }))
})

test('exists asks for values: an object is none', () => {
  assert.ok(inDetail({ state: [{ exists: true }] }))
  assert.ok(inDetail({ nothing: [{ exists: true }] }))
  assert.ok(!inDetail({ location: [{ exists: true }] }))
  assert.ok(inDetail({ location: [{ exists: false }] }))
  assert.ok(inDetail({ location: { street: [{ exists: false }] } }))
  assert.ok(!inDetail({ location: { city: [{ exists: false }] } }))
  assert.ok(isMatch({ nowhere: { at: { all: [{ exists: false }] } } }))
  assert.ok(inDetail({ tags: [{ exists: false }] }))
})

test('exists: false asks about all elements of an array', () => {
  const pattern = { a: { b: [{ exists: false }] } }
  assert.ok(!isMatch(pattern, { a: [{ b: 1 }, { c: 2 }] }))
  assert.ok(isMatch(pattern, { a: [{ c: 1 }, { c: 2 }] }))
})

test('exists: false beside values: absent, or one of them', () => {
  const pattern = { a: [{ exists: false }, 'x'] }
  assert.ok(isMatch(pattern, {}))
  assert.ok(isMatch(pattern, { a: 'x' }))
  assert.ok(!isMatch(pattern, { a: 'y' }))
})

test('anything-but needs the field, and none of what it holds', () => {
  assert.ok(inDetail({ state: [{ 'anything-but': 'initializing' }] }))
  assert.ok(!inDetail({ state: [{ 'anything-but': ['x', 'Terminated'] }] }))
  assert.ok(inDetail({ 'c-count': [{ 'anything-but': [1, 2] }] }))
  assert.ok(!inDetail({ absent: [{ 'anything-but': 'x' }] }))
  assert.ok(inDetail({ state: [{ 'anything-but': { prefix: 'Run' } }] }))
  assert.ok(!inDetail({ state: [{ 'anything-but': { prefix: ['Run', 'Term'] } }] }))
  assert.ok(!inDetail({ path: [{ 'anything-but': { suffix: '.PNG' } }] }))
  assert.ok(!inDetail({ state: [{ 'anything-but': { 'equals-ignore-case': ['TERMINATED'] } }] }))
  assert.ok(!inDetail({ path: [{ 'anything-but': { wildcard: '*/lib/*' } }] }))
  assert.ok(inDetail({ path: [{ 'anything-but': { wildcard: '' } }] }))
})

test('$or takes one of several patterns, and may nest', () => {
  const pattern = {
    source: ['aws.ec2'],
    $or: [{ detail: { 'c-count': [9] } }, { detail: { $or: [{ flag: [true] }, { state: ['Terminated'] }] } }],
  }
  assert.ok(isMatch(pattern))
  assert.ok(!isMatch({ $or: [{ version: ['1'] }, { source: ['aws.s3'] }] }))
})

test('$or is the name of a field where it is no operator', () => {
  assert.ok(isMatch({ $or: ['a', 'b'] }, { $or: 'b' }))
  assert.ok(isMatch({ $or: [{ prefix: 'a' }, { prefix: 'b' }] }, { $or: 'bc' }))
})

test('an event that is no object matches nothing', () => {
  for (const event of [null, 'text', 1, [{ source: 'aws.ec2' }]])
    assert.ok(!isMatch({ source: [{ exists: false }] }, event))
})

test('names of Object.prototype are names like others', () => {
  assert.ok(!isMatch({ constructor: [{ exists: true }] }))
  assert.ok(isMatch({ toString: [{ exists: false }] }))
})

const REFUSED: readonly (readonly [string, string])[] = [
  ['[]', 'Filter is not an object'],
  ['"x"', 'Filter is not an object'],
  ['null', 'Filter is not an object'],
  ['{}', 'Empty objects are not allowed'],
  ['{"detail":{}}', 'Empty objects are not allowed'],
  ['{"source":"aws.ec2"}', '"source" must be an object or an array'],
  ['{"source":null}', '"source" must be an object or an array'],
  ['{"source":[]}', 'Empty arrays are not allowed'],
  ['{"source":[["a"]]}', 'Match value must be String, number, true, false, or null'],
  ['{"a":[{"scoop":1}]}', 'Unrecognized match type scoop'],
  ['{"a":[{"constructor":1}]}', 'Unrecognized match type constructor'],
  ['{"a":[{}]}', 'Empty objects are not allowed'],
  ['{"a":[{"prefix":"x","suffix":"y"}]}', 'Only one key allowed in match expression'],
  ['{"a":[{"prefix":3}]}', 'prefix match pattern must be a string'],
  ['{"a":[{"suffix":null}]}', 'suffix match pattern must be a string'],
  ['{"a":[{"exists":"yes"}]}', 'exists match pattern must be either true or false.'],
  ['{"a":[{"wildcard":"a**b"}]}', 'Consecutive wildcard characters at pos 1'],
  ['{"a":[{"wildcard":"a\\\\b"}]}', 'Invalid escape character at pos 1'],
  ['{"a":[{"numeric":5}]}', 'Value of numeric must be an array.'],
  ['{"a":[{"numeric":["=<",5]}]}', 'Unrecognized numeric range operator: =<'],
  ['{"a":[{"numeric":[">","5"]}]}', 'Value of > must be numeric'],
  ['{"a":[{"numeric":["="]}]}', 'Value of equals must be numeric'],
  ['{"a":[{"numeric":[">",5,">",6]}]}', 'Bad numeric range operator: >'],
  ['{"a":[{"numeric":[">",5,"<",5]}]}', 'Bottom must be less than top'],
  ['{"a":[{"numeric":["<",5,">",1]}]}', 'Too many elements in numeric expression'],
  ['{"a":[{"cidr":"10.0.0.0"}]}', "Malformed CIDR, one '/' required"],
  ['{"a":[{"cidr":"10.0.0.0/x"}]}', 'Malformed CIDR, mask bits must be an integer'],
  ['{"a":[{"cidr":"10.0.0.0/33"}]}', 'IPv4 mask bits must not be > 32'],
  ['{"a":[{"cidr":"10.0.0/3"}]}', 'Nonstandard IP address: 10.0.0'],
  ['{"a":[{"anything-but":[]}]}', 'Empty arrays are not allowed'],
  [
    '{"a":[{"anything-but":["a",1]}]}',
    'Inside anything but list, either all values are number or string, mixed type is not supported',
  ],
  ['{"a":[{"anything-but":null}]}', 'Inside anything but list, start|null|boolean is not supported.'],
  ['{"a":[{"anything-but":{"cidr":"10.0.0.0/8"}}]}', 'Unsupported anything-but pattern: cidr'],
  ['{"a":[{"anything-but":{"prefix":""}}]}', 'Null prefix not allowed'],
  ['{"a":[{"cidr":["bad-type"]}]}', 'prefix match pattern must be a string'],
  ['{"a":[{"wildcard":["x*"]}]}', 'wildcard match pattern must be a string'],
  ['{"a":[{"equals-ignore-case":["x"]}]}', 'equals-ignore-case match pattern must be a string'],
  ['{"a":[{"anything-but":{"wildcard":[123,"*"]}}]}', 'wildcard match pattern must be a string'],
  ['{"a":[{"anything-but":{"prefix":123}}]}', 'prefix/suffix match pattern must be a string'],
  ['{"a":[{"anything-but":{"suffix":[123,".txt"]}}]}', 'prefix/suffix match pattern must be a string'],
  [
    '{"a":[{"anything-but":{"equals-ignore-case":[123]}}]}',
    'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.',
  ],
  [
    '{"a":[{"anything-but":{"suffix":{"equals-ignore-case":".png"}}}]}',
    'Value of anything-but must be an array or single string/number value.',
  ],
]

for (const [text, reason] of REFUSED) {
  test(`refused: ${text}`, () => {
    assert.throws(() => parsePattern(text, EVENT_BUS), { name: 'PatternError', message: reason })
  })
}

test('what is no JSON is refused, and so is what nests without end', () => {
  assert.throws(() => parsePattern('{"a":', EVENT_BUS), PatternError)
  const deep = `${'{"a":'.repeat(5000)}["x"]${'}'.repeat(5000)}`
  assert.throws(() => parsePattern(deep, EVENT_BUS), PatternError)
})

test('filters of mappings and pipes know the operators that their guides list', () => {
  const wildcard = '{"a":[{"wildcard":"x*"}]}'
  const cidr = '{"a":[{"cidr":"10.0.0.0/8"}]}'
  const nested = '{"a":[{"anything-but":{"prefix":"x"}}]}'
  assert.throws(() => parsePattern(wildcard, MAPPING), { message: 'Unrecognized match type wildcard' })
  assert.throws(() => parsePattern(cidr, MAPPING), { message: 'Unrecognized match type cidr' })
  assert.throws(() => parsePattern(nested, MAPPING), PatternError)
  assert.throws(() => parsePattern(nested, PIPE), PatternError)
  parsePattern(cidr, PIPE)
  parsePattern('{"a":[{"prefix":"x"},{"numeric":[">",1]},{"exists":false},{"anything-but":["y"]}]}', MAPPING)
})
