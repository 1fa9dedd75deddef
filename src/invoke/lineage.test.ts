import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VirtualClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { lineageOf, roundsIn } from './lineage.ts'
import { roundsOf, traceHeaderFor } from './trace-header.ts'

const F = 'arn:aws:lambda:eu-central-1:123456789012:function:f'
const G = 'arn:aws:lambda:eu-central-1:123456789012:function:g'

describe('a lineage', () => {
  test('begins with a function, and counts each time that it is entered again', () => {
    const first = lineageOf(F, undefined)
    assert.match(first, /^1:[0-9a-f]{8}:0$/)
    assert.equal(roundsIn(F, undefined), 0)
    assert.equal(roundsIn(F, first), 1)
    assert.equal(roundsIn(G, first), 0)
    const second = lineageOf(F, first)
    assert.match(second, /^2:[0-9a-f]{8}:1$/)
    assert.equal(roundsIn(F, second), 2)
  })

  test('keeps the functions in between', () => {
    const through = lineageOf(F, lineageOf(G, lineageOf(F, undefined)))
    assert.match(through, /^3:[0-9a-f]{8}:1\|[0-9a-f]{8}:0$/)
    assert.equal(roundsIn(G, through), 1)
  })

  test('of the older form, without a depth, is understood', () => {
    const hash = lineageOf(F, undefined).split(':')[1]
    assert.equal(roundsIn(F, `aae260cf:0|${hash}:7`), 8)
  })

  test('that is none counts for nothing', () => {
    for (const text of ['', 'x', '1:zzzzzzzz:0', '1:aae260cf:-1', `1:aae260cf:0|${'9'.repeat(20)}`]) {
      assert.equal(roundsIn(F, text), 0)
      assert.match(lineageOf(F, text), /^1:[0-9a-f]{8}:0$/)
    }
  })

  test('does not grow without end', () => {
    let lineage: string | undefined
    for (let i = 0; i < 200; i++) lineage = lineageOf(`${F}${i}`, lineage)
    assert.equal(lineage?.split('|').length, 32)
  })
})

test('a trace header carries it on, and a header without a trace begins anew', () => {
  const sources = { clock: new VirtualClock(), random: seededRandom('trace') }
  const first = traceHeaderFor(sources, F, undefined)
  assert.equal(roundsOf(F, first), 1)
  const second = traceHeaderFor(sources, F, first)
  assert.equal(roundsOf(F, second), 2)
  assert.equal(second.split(';')[0], first.split(';')[0], 'the same trace')
  assert.equal(roundsOf(F, second.replace(/Root=[^;]*;/, '')), 0)
  assert.equal(roundsOf(F, traceHeaderFor(sources, F, 'Lineage=1:aae260cf:3')), 1)
})
