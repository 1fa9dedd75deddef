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

test('patterns that people use to watch CloudTrail match what they are for', () => {
  const event = {
    eventSource: 's3.amazonaws.com',
    eventName: 'PutBucketAcl',
    eventType: 'AwsApiCall',
    errorCode: 'Client.UnauthorizedOperation',
    sourceIPAddress: '123.123.1.2',
    userIdentity: { type: 'Root' },
    responseElements: { ConsoleLogin: 'Failure' },
  }
  const matching = [
    '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    '{($.eventSource=s3.amazonaws.com) && (($.eventName=PutBucketAcl) || ($.eventName=PutBucketPolicy))}',
    '{ $.sourceIPAddress = 123.123.* }',
    '{ $.eventName = %^Put.*Acl$% && $.eventSource = "s3*" }',
    '{ $.responseElements.ConsoleLogin = "Failure" }',
  ]
  const others = [
    '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    '{ $.sourceIPAddress != 123.123.* }',
    '{($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }',
  ]
  for (const pattern of matching) assert.equal(matches(pattern, JSON.stringify(event)), true, pattern)
  for (const pattern of others) assert.equal(matches(pattern, JSON.stringify(event)), false, pattern)
})

/** A condition as a pattern has it, and what it says of an object. */
interface Said {
  readonly text: string
  readonly holds: (object: Readonly<Record<string, unknown>>) => boolean
}

const key = fc.constantFrom('a', 'b', 'c')
const { condition } = fc.letrec<{ condition: Said }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(key, fc.integer({ min: 0, max: 3 })).map(
      ([name, value]): Said => ({
        text: `$.${name} = ${value}`,
        holds: (object) => object[name] === value,
      }),
    ),
    fc.tuple(key, fc.integer({ min: 0, max: 3 })).map(
      ([name, value]): Said => ({
        text: `$.${name} >= ${value}`,
        holds: (object) => typeof object[name] === 'number' && object[name] >= value,
      }),
    ),
    key.map((name): Said => ({ text: `$.${name} NOT EXISTS`, holds: (object) => !(name in object) })),
    key.map((name): Said => ({ text: `$.${name} IS NULL`, holds: (object) => object[name] === null })),
    key.map((name): Said => ({ text: `$.${name} IS TRUE`, holds: (object) => object[name] === true })),
    fc.tuple(tie('condition'), tie('condition')).map(
      ([one, other]): Said => ({
        text: `(${one.text}) && (${other.text})`,
        holds: (object) => one.holds(object) && other.holds(object),
      }),
    ),
    fc.tuple(tie('condition'), tie('condition')).map(
      ([one, other]): Said => ({
        text: `(${one.text}) || (${other.text})`,
        holds: (object) => one.holds(object) || other.holds(object),
      }),
    ),
  ),
}))
const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(null, true, false, 'x'))

test('a JSON condition says of any object what its parts say of it', () => {
  fc.assert(
    fc.property(condition, fc.dictionary(key, value), (said, object) => {
      assert.equal(matches(`{ ${said.text} }`, JSON.stringify(object)), said.holds({ ...object }))
    }),
    { numRuns: 3000 },
  )
})

test('&& binds more closely than ||, in JSON and in columns', () => {
  const flag = fc.boolean()
  fc.assert(
    fc.property(flag, flag, flag, (a, b, c) => {
      const message = JSON.stringify({ a, b, c })
      const is = (name: string) => `$.${name} IS TRUE`
      assert.equal(matches(`{ ${is('a')} || ${is('b')} && ${is('c')} }`, message), a || (b && c))
      assert.equal(matches(`{ ${is('a')} && ${is('b')} || ${is('c')} }`, message), (a && b) || c)
      const [one, two] = [a ? 'x' : 'y', b ? 'x' : 'y']
      assert.equal(matches('[p = x || p = z && p = y, q = x]', `${one} ${two}`), a && b)
    }),
  )
})

test('columns are as many as the words, whatever stands in quotes or brackets', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.'), minLength: 1, maxLength: 5 })
  const written = fc.tuple(word, word, fc.constantFrom('plain', 'quoted', 'bracketed'))
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 6 }), fc.nat(5), (words, which) => {
      const texts = words.map(([one, other, kind]) => (kind === 'plain' ? one : `${one} ${other}`))
      const signs = { plain: ['', ''], quoted: ['"', '"'], bracketed: ['[', ']'] }
      const message = words.map(([, , kind], index) => signs[kind].join(texts[index])).join(' ')
      const at = which % words.length
      const columns = texts.map((text, index) => (index === at ? `c${index} = "${text}"` : `c${index}`))
      assert.equal(matches(`[${columns.join(', ')}]`, message), true)
      assert.equal(matches(`[${columns.join(', ')}, more]`, message), false)
      assert.equal(matches(`[..., ${columns.slice(at).join(', ')}]`, message), true)
      assert.equal(matches('[]', message), true)
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
