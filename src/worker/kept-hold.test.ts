import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kept } from './kept.ts'

/** Of no process: larger than Linux's numbers get. */
const ENDED = 2 ** 30
const skip = process.platform !== 'linux' && 'needs /proc'

test('a process that ended before its /tmp was held leaves the /tmp that it began with', { skip }, (t) => {
  const kept = new Kept('/nonexistent/lambdad-kept')
  t.after(() => kept.release())
  assert.equal(kept.offer(), undefined)
  kept.hold(ENDED)
  assert.equal(kept.offer(), undefined)
  kept.hold(process.pid)
  const offered = kept.offer()
  assert.match(offered ?? '', /^\/proc\/\d+\/fd\/\d+$/)
  kept.hold(ENDED)
  assert.equal(kept.offer(), offered)
})

test('what was offered and is not held anew is offered no second time', { skip }, (t) => {
  const kept = new Kept('/nonexistent/lambdad-kept')
  t.after(() => kept.release())
  kept.hold(process.pid)
  assert.notEqual(kept.offer(), undefined)
  assert.equal(kept.offer(), undefined)
})
