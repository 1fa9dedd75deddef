import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSubscription, parseSubscription } from './subscription.ts'

const HTTP = { protocol: 'HTTP', URI: 'http://sandbox.localdomain:8080/a?b=c' }
const GOOD = { schemaVersion: '2022-12-13', types: ['function', 'platform'], destination: HTTP }

test('a subscription without buffering has AWS’s defaults', () => {
  assert.deepEqual(parseSubscription('Telemetry', JSON.stringify(GOOD)), {
    api: 'Telemetry',
    schemaVersion: '2022-12-13',
    types: ['platform', 'function'],
    buffering: { maxItems: 10_000, maxBytes: 262_144, timeoutMs: 1000 },
    destination: { protocol: 'HTTP', port: 8080, path: '/a?b=c', host: 'sandbox.localdomain:8080' },
  })
})

test('the Logs API needs no schema version, and TCP a port alone', () => {
  const request = { types: ['extension'], destination: { protocol: 'TCP', port: 9999 } }
  const { schemaVersion, destination } = parseSubscription('Logs', JSON.stringify(request))

  assert.equal(schemaVersion, '2020-08-15')
  assert.deepEqual(destination, { protocol: 'TCP', port: 9999 })
})

for (const [name, low, high] of [
  ['maxItems', 1000, 10_000],
  ['maxBytes', 262_144, 1_048_576],
  ['timeoutMs', 25, 30_000],
] as const) {
  test(`buffering.${name} is a whole number from ${low} to ${high}`, () => {
    for (const good of [low, high]) {
      const request = JSON.stringify({ ...GOOD, buffering: { [name]: good } })
      assert.equal(parseSubscription('Telemetry', request).buffering[name], good)
    }
    for (const bad of [low - 1, high + 1, low + 0.5, `${low}`, null, 0, -1])
      refused(
        { ...GOOD, buffering: { [name]: bad } },
        `buffering.${name} must be a number from ${low} to ${high}`,
      )
  })
}

for (const [what, request, message] of [
  ['an object is wanted', [], 'the request must be an object'],
  [
    'a version is wanted',
    { ...GOOD, schemaVersion: undefined },
    /^schemaVersion must be one of 2022-07-01, /,
  ],
  [
    'the version must be one of this API’s',
    { ...GOOD, schemaVersion: '2020-08-15' },
    /^schemaVersion must be one of /,
  ],
  ['types are wanted', { ...GOOD, types: undefined }, /^types must be a list/],
  ['there must be some types', { ...GOOD, types: [] }, /^types must be a list/],
  ['a type must exist', { ...GOOD, types: ['platform', 'cosmos'] }, /^types must be a list/],
  ['a destination is wanted', { ...GOOD, destination: undefined }, 'destination must be an object'],
  [
    'a protocol must exist',
    { ...GOOD, destination: { protocol: 'UDP', port: 1 } },
    /^destination.protocol must be/,
  ],
  ['TCP needs a port', { ...GOOD, destination: { protocol: 'TCP' } }, /^destination.port must be a number/],
  ['a port has 16 bits', { ...GOOD, destination: { protocol: 'TCP', port: 65_536 } }, /^destination.port/],
  [
    'port 9001 is Lambda’s own',
    { ...GOOD, destination: { protocol: 'TCP', port: 9001 } },
    'port 9001 is reserved',
  ],
  ['HTTP needs a URI', { ...GOOD, destination: { protocol: 'HTTP' } }, /URI must be an http URI/],
  [
    'HTTPS is not spoken',
    { ...GOOD, destination: { ...HTTP, URI: 'https://sandbox:1' } },
    /URI must be an http URI/,
  ],
  [
    'nothing is sent elsewhere',
    { ...GOOD, destination: { ...HTTP, URI: 'http://169.254.169.254/' } },
    'destination.URI host must be sandbox.localdomain',
  ],
  ['PUT is not used', { ...GOOD, destination: { ...HTTP, method: 'PUT' } }, /method must be POST/],
  ['buffering is an object', { ...GOOD, buffering: 3 }, 'buffering must be an object'],
] as const) {
  test(what, () => refused(request, message))
}

test('what is no JSON is refused with the reason', () => {
  assert.throws(() => parseSubscription('Telemetry', '{'), /failed to parse JSON: /)
})

function refused(request: unknown, message: string | RegExp): void {
  assert.throws(
    () => parseSubscription('Telemetry', JSON.stringify(request)),
    (error: Error) => {
      assert.ok(error instanceof InvalidSubscription)
      if (typeof message === 'string') assert.equal(error.message, message)
      else assert.match(error.message, message)
      return true
    },
  )
}
