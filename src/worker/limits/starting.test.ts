import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { until } from '../testing.ts'
import { chooseLimiter } from './choose.ts'
import { groupName } from './group-name.ts'
import type { LimitsOptions } from './limits.ts'
import { pidsIn } from './process-tree.ts'

const SIZES = { memoryMb: 128, temporaryMb: 512 }

test('an environment that starts has a quarter of the share of one that serves', (t) => {
  const made = sharesOf(t, SIZES)
  if (made === undefined) return t.skip('processor time is not shared by groups here')
  const { limits, share } = made
  const starting = share()

  limits.endInit()

  assert.equal(share() / starting, 4)
})

test('one that is booted in the background has next to none until it is wanted', (t) => {
  const made = sharesOf(t, { ...SIZES, inBackground: true })
  if (made === undefined) return t.skip('processor time is not shared by groups here')
  const { limits, share } = made
  const booting = share()

  limits.endBackground()

  assert.ok(share() / booting >= 50)
})

test('what makes sandboxes is in a group of that share, which goes with the others', async (t) => {
  const limiter = chooseLimiter(groupName(realRandom.hex(4)), realClock)
  const helper = spawn('sleep', ['1000'])
  t.after(() => helper.kill('SIGKILL'))
  const ended = once(helper, 'exit')

  limiter.adoptStarter(helper.pid as number)

  const group = limiter.folders.map((folder) => `${folder}/starter`).find((folder) => existsSync(folder))
  if (group === undefined) {
    await limiter.close()
    return t.skip('processor time is not shared by groups here')
  }
  await until(() => pidsIn(`${group}/cgroup.procs`).includes(helper.pid as number))
  helper.kill('SIGKILL')
  await ended
  await limiter.close()
  assert.equal(existsSync(group), false)
})

/** Limits of an environment of their own, and what the kernel says of its share; undefined where it has none. */
function sharesOf(t: TestContext, options: LimitsOptions) {
  const limiter = chooseLimiter(groupName(realRandom.hex(4)), realClock)
  const limits = limiter.create('e1-1', options)
  t.after(async () => {
    await limits.remove()
    await limiter.close()
  })
  const file = limits.cgroups
    .flatMap((group) => [`${group}/cpu.shares`, `${group}/cpu.weight`])
    .find((name) => existsSync(name))
  if (file === undefined) return undefined
  return { limits, share: () => Number(readFileSync(file, 'latin1')) }
}
