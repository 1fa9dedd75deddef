import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matches } from './match.ts'
import { parsePattern } from './parse.ts'
import { EVENT_BUS, PatternError } from './pattern.ts'
import { RuleIndex } from './rule-index.ts'
import { matchesWildcard, parseWildcard } from './wildcard.ts'

const name = fc.constantFrom('a', 'b', 'c')
const scalar = fc.oneof(
  fc.constantFrom('', 'x', 'xy', 'y'),
  fc.constantFrom(0, 1, 2),
  fc.boolean(),
  fc.constant(null),
)

const { event } = fc.letrec<{ event: object; value: unknown }>((tie) => ({
  event: fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  value: fc.oneof({ maxDepth: 3 }, scalar, tie('event'), fc.array(tie('value'), { maxLength: 3 })),
}))

const matcher = fc.oneof(
  scalar,
  fc.record({ prefix: fc.constantFrom('x', 'xy', 'y') }),
  fc.record({ suffix: fc.constantFrom('x', 'y') }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ 'anything-but': fc.constantFrom('x', 'y') }),
  fc.record({ numeric: fc.constantFrom(['>', 0], ['=', 1], ['<=', 1]) }),
)

const { pattern } = fc.letrec<{ pattern: Record<string, unknown>; field: unknown }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3 },
    fc.dictionary(name, tie('field'), { minKeys: 1, maxKeys: 3 }),
    fc.record({ $or: fc.array(tie('pattern'), { minLength: 2, maxLength: 3 }) }),
  ),
  field: fc.oneof({ maxDepth: 3 }, fc.array(matcher, { minLength: 1, maxLength: 3 }), tie('pattern')),
}))

test('an index finds exactly the rules that match', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), event, (patterns, event) => {
      const rules = patterns.map((one, id) => [id, parsePattern(JSON.stringify(one), EVENT_BUS)] as const)
      const expected = rules.filter(([, parsed]) => matches(parsed, event)).map(([id]) => id)
      assert.deepEqual(
        new RuleIndex(rules).find(event).sort((a, b) => a - b),
        expected,
      )
    }),
    { numRuns: 1000 },
  )
})

test('a wildcard takes what the regular expression with the same meaning takes', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
  const parts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(parts, fc.boolean(), fc.boolean(), text, (parts, starred, ends, text) => {
      const pattern = `${starred ? '*' : ''}${parts.join('*')}${ends ? '*' : ''}`
      const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
      assert.equal(matchesWildcard(parseWildcard(pattern), text), expression.test(text))
    }),
  )
})

test('whatever JSON is given is read or refused in words', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        parsePattern(JSON.stringify(value), EVENT_BUS)
      } catch (error) {
        assert.ok(error instanceof PatternError)
      }
    }),
  )
})
