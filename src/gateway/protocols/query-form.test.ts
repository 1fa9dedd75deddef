import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaOf } from '../model/schema.ts'
import { parseForm, readForm } from './query-form.ts'

const TEXT = 0
const MAP_OF_TEXT = 128
const LIST_OF_TEXT = 64

/** A structure with one member of each kind. */
const INPUT = schemaOf([
  3,
  'ns',
  'Input',
  0,
  ['Name', 'Items', 'Flat', 'Map', 'Count', 'On'],
  [
    [TEXT, 0],
    [LIST_OF_TEXT, 0],
    [LIST_OF_TEXT, { xmlFlattened: 1 }],
    [MAP_OF_TEXT, 0],
    [1, 0],
    [2, 0],
  ],
])

function read(text: string): unknown {
  return readForm(INPUT, parseForm(text).tree)
}

test('lists, flat lists, maps, numbers and booleans are read', () => {
  assert.deepEqual(
    read('Name=a+b%26&Items.member.2=y&Items.member.1=x&Items.member.10=z&Flat.1=f&Count=5&On=true'),
    { Name: 'a b&', Items: ['x', 'y', 'z'], Flat: ['f'], Count: 5, On: true },
  )
  const { Map: map } = read('Map.entry.1.key=k&Map.entry.1.value=v') as { Map: Record<string, string> }
  assert.deepEqual({ ...map }, { k: 'v' })
})

test('the action and the version stand beside the input', () => {
  const { action, version } = parseForm('Action=CreateRole&Version=2010-05-08')
  assert.deepEqual([action, version], ['CreateRole', '2010-05-08'])
})

test('a key named __proto__ is a key', () => {
  const { Map: map } = read('Map.entry.1.key=__proto__&Map.entry.1.value=v') as {
    Map: Record<string, string>
  }
  assert.deepEqual(Object.keys(map), ['__proto__'])
  assert.equal(({} as Record<string, string>).v, undefined)
})

test('names without end, numbers that are none and too many fields do no harm', () => {
  assert.deepEqual(read(`Name${'.a'.repeat(10_000)}=x&__proto__.polluted=1&constructor=2`), {
    Name: undefined,
  })
  assert.deepEqual(read('Items.member.x=1&Items.member.=2&Items.member.99999999999=3'), { Items: [] })
  assert.throws(() => read('a&'.repeat(0) + Array.from({ length: 60_000 }, (_, i) => `a${i}=1`).join('&')), {
    code: 'SerializationException',
  })
})
