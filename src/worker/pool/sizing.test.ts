import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { chooseLimiter } from '../limits/choose.ts'
import { groupName } from '../limits/group-name.ts'
import { sharedNetwork } from '../network/network.ts'
import type { SandboxHost } from '../sandbox/running.ts'
import { testFunction } from '../testing.ts'
import { Users } from '../users.ts'
import { type Kind, kindOf } from './eligible.ts'
import { Pools, type PoolsParts } from './pools.ts'

const kind = kindOf({ argv: ['/bin/node'], env: {}, mounts: [], canWait: true }, testFunction) as Kind
const settings = { poolMembersMax: 8, poolMemoryMb: 256, poolIdleMs: 300_000 }

for (const [why, changes] of [
  ['memory is short', { availableBytes: () => 255 * 2 ** 20 }],
  ['the setting says so', { settings: { ...settings, poolMembersMax: 0 } }],
  ['nothing on the machine mounts', { helpers: [], host: hostOf({ name: 'bubblewrap', ownUsers: true }) }],
  ['the daemon may not mount', { host: hostOf({ name: 'bubblewrap', ownUsers: false }) }],
] as const) {
  test(`nothing is booted where ${why}`, async () => {
    const { pools, clock, launched } = testPools(changes as unknown as Partial<PoolsParts>)
    assert.equal(pools.take(kind), undefined)
    await clock.advance(1000)
    assert.equal(pools.take(kind), undefined)
    await clock.advance(1000)
    await pools.close()
    assert.deepEqual(launched, [])
  })
}

test('what cannot be booted is reported once, and left alone', async () => {
  const { pools, clock, launched } = testPools({})
  for (let i = 0; i < 3; i++) {
    assert.equal(pools.take(kind), undefined)
    await clock.advance(1000)
  }
  await pools.close()
  assert.equal(launched.length, 1)
})

test('what is booted for later leaves the processors to the others until it waits', async (t) => {
  const limiter = chooseLimiter(groupName(realRandom.hex(4)), realClock)
  const limits = limiter.create('a', { memoryMb: 128, temporaryMb: 512, inBackground: true })
  t.after(() => limits.remove().then(() => limiter.close()))
  const share = () =>
    limits.cgroups
      .flatMap((folder) => [`${folder}/cpu.shares`, `${folder}/cpu.weight`])
      .filter((file) => existsSync(file))
      .map((file) => Number(readFileSync(file, 'latin1')))
  if (share().length === 0) return t.skip('no cgroups for processor time here')

  const before = share()
  limits.endBackground()

  assert.ok((before[0] as number) < (share()[0] as number) / 10)
})

function hostOf(sandbox: { name: string; ownUsers: boolean }) {
  return { sandbox } as unknown as SandboxHost
}

function testPools(changes: Partial<PoolsParts>) {
  const clock = new VirtualClock()
  const launched: unknown[] = []
  const fifos = { take: async () => assert.fail('a sandbox was to be started') }
  const host = { sandbox: { name: 'process', ownUsers: false }, ...changes.host, clock, fifos }
  const pools = new Pools({
    network: sharedNetwork('the test asks for it'),
    users: new Users(),
    random: realRandom,
    folder: '/nowhere/e',
    staging: '/nowhere/staging',
    settings,
    ...changes,
    host: {
      ...host,
      report: (error: unknown) => launched.push(error),
    } as unknown as SandboxHost,
  })
  return { pools, clock, launched }
}
