import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { codeDoor, codeLocation } from './code-door.ts'
import { sha256Hex, testBlobs } from './testing.ts'

const package_ = Buffer.from('a package')
const sha256 = sha256Hex(package_)

test('a link is good until its ten minutes are over', async (t) => {
  const { clock, deps, target } = await door(t)
  assert.equal((await codeDoor(deps, target)).status, 200)
  await clock.advance(10 * 60_000)
  const expired = await codeDoor(deps, target)
  assert.equal(expired.status, 403)
})

test('a link that was written by somebody else is refused', async (t) => {
  const { deps, target } = await door(t)
  const later = target.replace(/expires=\d+/, 'expires=99999999999999')
  const other = target.replace(sha256, sha256Hex(Buffer.from('another')))
  const unsigned = target.replace(/&signature=.*/, '')
  for (const forged of [later, other, unsigned, `${target}0`])
    assert.equal((await codeDoor(deps, forged)).status, 403, forged)
  assert.equal((await codeDoor({ ...deps, codeSecret: 'another' }, target)).status, 403)
})

test('what is no link to code, or leads to code that is gone, is not found', async (t) => {
  const { deps, target } = await door(t)
  for (const odd of ['/_lambdad/code/', '/_lambdad/code/../../etc/passwd', '/elsewhere', ''])
    assert.equal((await codeDoor(deps, odd)).status, 404, odd)
  await deps.blobs.delete(sha256)
  assert.equal((await codeDoor(deps, target)).status, 404)
})

async function door(t: Parameters<typeof testBlobs>[0]) {
  const clock = new VirtualClock()
  const blobs = await testBlobs(t)
  await blobs.put(package_)
  const deps = { codeSecret: 'secret', clock, blobs }
  return { clock, deps, target: codeLocation(deps, '', sha256) }
}
