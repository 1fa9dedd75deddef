import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { VirtualClock } from '../base/clock.ts'
import { SqlLeases } from './leases.sql.ts'
import type { Lease } from './leases.ts'
import { describeOnEveryDatabase } from './testing.ts'

describeOnEveryDatabase('leases', (open) => {
  async function withLeases(t: TestContext) {
    const database = await open()
    t.after(() => database.close())
    const clock = new VirtualClock()
    return { leases: new SqlLeases(database, clock), clock, database }
  }

  test('who takes a lease has it, until its time is over', async (t) => {
    const { leases, clock } = await withLeases(t)
    const lease = await leases.acquire('poller', 'a', 1000)
    assert.deepEqual(lease, { name: 'poller', owner: 'a', token: 1, expiresAt: clock.now() + 1000 })
    await clock.advance(999)
    assert.equal(await leases.acquire('poller', 'b', 1000), undefined)
    await clock.advance(1)
    assert.equal((await leases.acquire('poller', 'b', 1000))?.owner, 'b')
  })

  test('leases of different names have nothing to do with each other', async (t) => {
    const { leases } = await withLeases(t)
    assert.ok(await leases.acquire('one', 'a', 1000))
    assert.ok(await leases.acquire('two', 'b', 1000))
  })

  test('of many that race for a lease, one gets it', async (t) => {
    const { leases, clock } = await withLeases(t)
    for (let round = 1; round <= 5; round++) {
      const owners = Array.from({ length: 8 }, (_, index) => `owner ${index}`)
      const taken = await Promise.all(owners.map((owner) => leases.acquire('poller', owner, 1000)))
      const winners = taken.filter((lease) => lease !== undefined)
      assert.equal(winners.length, 1)
      assert.equal(winners[0]?.token, round)
      await clock.advance(1000)
    }
  })

  test('the token grows with every owner, and when one takes anew what it had lost', async (t) => {
    const { leases, clock } = await withLeases(t)
    const tokens = []
    for (const owner of ['a', 'b', 'b']) {
      tokens.push((await leases.acquire('poller', owner, 1000))?.token)
      await clock.advance(1000)
    }
    assert.deepEqual(tokens, [1, 2, 3])
  })

  test('who has it gets it again, with the same token and for longer', async (t) => {
    const { leases, clock } = await withLeases(t)
    await leases.acquire('poller', 'a', 1000)
    await clock.advance(500)
    const again = await leases.acquire('poller', 'a', 1000)
    assert.deepEqual([again?.token, again?.expiresAt], [1, clock.now() + 1000])
  })

  test('a lease that is renewed in time is never free', async (t) => {
    const { leases, clock } = await withLeases(t)
    let lease = await taken(leases.acquire('poller', 'a', 1000))
    for (let round = 0; round < 3; round++) {
      await clock.advance(900)
      lease = await taken(leases.renew(lease, 1000))
      assert.equal(await leases.acquire('poller', 'b', 1000), undefined)
    }
    assert.equal(lease.token, 1)
  })

  test('a lease that was lost is not renewed, though nobody else took it yet', async (t) => {
    const { leases, clock } = await withLeases(t)
    const lease = await taken(leases.acquire('poller', 'a', 1000))
    await clock.advance(1000)
    assert.equal(await leases.renew(lease, 1000), undefined)
    await leases.acquire('poller', 'b', 1000)
    assert.equal(await leases.renew(lease, 1000), undefined)
  })

  test('a released lease is free at once, and its token is not given again', async (t) => {
    const { leases } = await withLeases(t)
    await leases.release(await taken(leases.acquire('poller', 'a', 1000)))
    assert.equal((await leases.acquire('poller', 'b', 1000))?.token, 2)
  })

  test('who lost its lease cannot release the next owner’s', async (t) => {
    const { leases, clock } = await withLeases(t)
    const lost = await taken(leases.acquire('poller', 'a', 1000))
    await clock.advance(1000)
    await leases.acquire('poller', 'b', 1000)
    await leases.release(lost)
    assert.equal(await leases.acquire('poller', 'c', 1000), undefined)
  })

  test('a write can ask whether its lease is still held', async (t) => {
    const { leases, clock, database } = await withLeases(t)
    const lease = await taken(leases.acquire('poller', 'a', 1000))
    const isHeld = () => database.write((transaction) => leases.isHeld(transaction, lease))
    assert.equal(await isHeld(), true)
    await clock.advance(1000)
    assert.equal(await isHeld(), false)
    await leases.acquire('poller', 'b', 1000)
    assert.equal(await isHeld(), false)
  })
})

async function taken(lease: Promise<Lease | undefined>): Promise<Lease> {
  return (await lease) ?? assert.fail('the lease was not to be had')
}
