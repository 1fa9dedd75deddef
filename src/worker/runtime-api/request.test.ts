import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedRequest, parseHead } from './request.ts'

const ID = '0a1b2c3d-0a1b-4c3d-8a1b-0a1b2c3d4e5f'
const ANSWER = [
  `POST /2018-06-01/runtime/invocation/${ID}/response HTTP/1.1`,
  'Host: localhost',
  'Content-Type: application/json',
  'Content-Length: 7',
]

test("a bootstrap's answer, which is read in one look, is understood as any other head", () => {
  const [line, host, ...others] = ANSWER
  const inOneLook = parseHead(ANSWER.join('\r\n'))
  const another = parseHead([line, ...others, host].join('\r\n'))
  for (const name of Object.keys(another) as (keyof typeof another)[])
    if (name !== 'fields') assert.deepEqual(inOneLook[name], another[name], name)
  assert.deepEqual(new Map([...inOneLook.fields].sort()), new Map([...another.fields].sort()))
  assert.equal(inOneLook.contentLength, 7)
  assert.equal(inOneLook.path, `/2018-06-01/runtime/invocation/${ID}/response`)
})

for (const [what, changed] of [
  ['a field more that counts', [...ANSWER, 'Connection: close']],
  ['a field that comes twice with another value', [...ANSWER, 'Content-Length: 8']],
  ['a length that is no number', [...ANSWER.slice(0, 3), 'Content-Length: 7x']],
  ['a line that is no field', [...ANSWER.slice(0, 2), 'no field', ...ANSWER.slice(2)]],
] as const) {
  test(`${what} is not overlooked`, () => {
    const text = changed.join('\r\n')
    if (what.startsWith('a field more')) assert.equal(parseHead(text).keepAlive, false)
    else assert.throws(() => parseHead(text), MalformedRequest)
  })
}
