import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileFilterPattern } from './match.ts'
import { PatternRegex } from './regex.ts'
import { InvalidPattern } from './scanner.ts'
import { matchesWildcard } from './wildcard.ts'

function matches(pattern: string, message: string): boolean {
  return compileFilterPattern(pattern)(message)
}

test('terms must all be there, none that is excluded, in their own case', () => {
  assert.equal(matches('ERROR', '[ERROR 400] BAD REQUEST'), true)
  assert.equal(matches('error', 'ERROR'), false)
  assert.equal(matches('ERROR REQUEST', '[ERROR 400] BAD REQUEST'), true)
  assert.equal(matches('ERROR MISSING', '[ERROR 400] BAD REQUEST'), false)
  assert.equal(matches('ERROR -REQUEST', '[ERROR 400] BAD REQUEST'), false)
  assert.equal(matches('-ERROR', 'fine'), true)
  assert.equal(matches('"BAD REQUEST"', 'BAD  REQUEST'), false)
  assert.equal(matches('"say \\"hi\\""', 'say "hi"'), true)
  assert.equal(matches('-"BAD REQUEST"', 'BAD REQUEST'), false)
  assert.equal(matches('', 'anything'), true)
  assert.equal(matches('  ', 'anything'), true)
})

test('one of several optional terms is enough; beside others they do not count', () => {
  assert.equal(matches('?ERROR ?WARN', 'WARN'), true)
  assert.equal(matches('?ERROR ?WARN', 'INFO'), false)
  assert.equal(matches('?ERROR INFO', 'INFO'), true)
})

test('JSON conditions compare what their selectors lead to', () => {
  const message = JSON.stringify({
    name: 'UpdateTrail',
    n: 12.5,
    text: '12',
    ok: true,
    nothing: null,
    user: { 'e.mail': 'a@b', ids: [1, 22] },
    list: [{ f: 1 }, { f: 2 }],
  })
  const yes = [
    '{ $.name = "UpdateTrail" }',
    '{$.name=UpdateTrail}',
    '{ $.name = "Update*" }',
    '{ $.name != "Create*" }',
    '{ $.name = %^Up.*l$% }',
    '{ $.n = 12.5 && $.n > 12 && $.n >= 12.5 && $.n < 1.3e1 && $.n <= 12.5 && $.n != 13 }',
    '{ $.text = 12 }',
    '{ $.text > 11 }',
    '{ $.user.ids[1] = 22 }',
    '{ $.user["e.mail"] = "a@b" }',
    "{ $.['user'].ids[0] = 1 }",
    '{ $.list[*].f = 2 }',
    '{ $.ok IS TRUE }',
    '{ $.ok = true }',
    '{ $.nothing IS NULL }',
    '{ $.missing NOT EXISTS }',
    '{ $.missing = 1 || $.ok IS TRUE && $.n > 1 }',
    '{ ($.missing = 1 || $.ok IS TRUE) && ($.n > 1) }',
  ]
  const no = [
    '{ $.name = "updatetrail" }',
    '{ $.missing = 1 }',
    '{ $.missing != 1 }',
    '{ $.ok IS FALSE }',
    '{ $.ok IS NULL }',
    '{ $.missing IS NULL }',
    '{ $.name NOT EXISTS }',
    '{ $.name > 1 }',
    '{ $.user = "x" }',
    '{ $.user.ids = 1 }',
    '{ $.list.f = 1 }',
    '{ $.ok IS TRUE && $.n > 13 }',
    '{ $.constructor.name = "Object" }',
  ]
  for (const pattern of yes) assert.equal(matches(pattern, message), true, pattern)
  for (const pattern of no) assert.equal(matches(pattern, message), false, pattern)
  assert.equal(matches('{ $.a = 1 }', 'no json'), false)
  assert.equal(matches('{ $.a = 1 }', '{"a":'), false)
})

test('columns are counted, and compared by their place', () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
  const yes = [
    '[ip, id, user, time, request, status, bytes]',
    '[ip, id, user, time, request = *html*, status = 4*, bytes > 1000]',
    '[ip, id, user, time, request, status = 404 || status = 410, bytes]',
    '[ip=%127\\.0\\.0\\.[0-9]+%, ...]',
    '[..., status=404, bytes]',
    '[ip, ..., bytes = 1534]',
    '[ip, id, user = frank && user != root, ...]',
    '[...]',
  ]
  const no = [
    '[ip, id, user]',
    '[ip, id, user, time, request, status = 5*, bytes]',
    '[ip, id, user, time, request, status, bytes, more]',
    '[ip, id, user, time, request, status, bytes, more, ...]',
    '[ip = root, ...]',
  ]
  for (const pattern of yes) assert.equal(matches(pattern, line), true, pattern)
  for (const pattern of no) assert.equal(matches(pattern, line), false, pattern)
})

test('what is no pattern is refused in the words of AWS', () => {
  const syntax = ['[a, b', '{ $.a = }', '{ $.a }', '{ a = 1 }', '{ $.a = 1', '{ $ = 1 }', '{}', '"open']
  const more = [
    '[a, ..., ..., b]',
    '[a] b',
    '{ $.a > "x" }',
    '%open',
    '{ $.a[x] = 1 }',
    '%a% %b% %c%',
    '{ $. = 1 }',
  ]
  for (const pattern of [...syntax, ...more, `{ ${'('.repeat(500)}$.a = 1`])
    assert.throws(() => matches(pattern, ''), new InvalidPattern('Invalid filter pattern'), pattern)
  for (const term of [
    'a-b',
    'email@domain.com',
    '-',
    '?',
    '!(',
    '%a(b)%',
    '%日本%',
    '%a!%',
    '%a**%',
    '%[z-a]%',
  ])
    assert.throws(() => matches(term, ''), new InvalidPattern(`Invalid character(s) in term '${term}'`), term)
})

test('no text whatever breaks the reader', () => {
  const signs = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '$',
    '.',
    '"',
    '%',
    '=',
    '&&',
    '||',
    ' ',
    'a',
    '1',
    '*',
    '\\',
    '?',
    '-',
    ',',
    '...',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(signs).map((parts) => parts.join('')),
      ),
      fc.string(),
      (pattern, message) => {
        try {
          assert.equal(typeof matches(pattern, message), 'boolean')
        } catch (error) {
          assert.ok(error instanceof InvalidPattern)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('a quoted phrase matches exactly what contains it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (phrase, before, text) => {
      const pattern = `"${phrase.replace(/[\\"]/g, '\\$&')}"`
      assert.equal(matches(pattern, before + phrase + text), true)
      assert.equal(matches(pattern, text), text.includes(phrase))
    }),
  )
})

const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '[a-c]', '\\.', '\\d', '\\w')
const quantifier = fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}', '{1,}')
const sequence = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.array(fc.tuple(atom, quantifier), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '$'),
  )
  .map(([start, atoms, end]) => start + atoms.flat().join('') + end)

test('a regular expression matches what JavaScript says it matches', () => {
  const source = fc.array(sequence, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('|'))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '1', ' '), maxLength: 8 })
  fc.assert(
    fc.property(source, text, (regex, message) => {
      assert.equal(PatternRegex.parse(regex)?.test(message), new RegExp(regex, 's').test(message))
    }),
    { numRuns: 3000 },
  )
})

test('a regular expression that would make others backtrack for years is quick', () => {
  const startedAt = performance.now()
  assert.equal(matches(`%${'a*'.repeat(100)}b%`, 'a'.repeat(20_000)), false)
  assert.ok(performance.now() - startedAt < 2000)
})

test('an asterisk stands for anything', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
  fc.assert(
    fc.property(text, text, (pattern, message) => {
      const regex = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
      assert.equal(matchesWildcard(pattern, message), regex.test(message))
    }),
    { numRuns: 2000 },
  )
})
