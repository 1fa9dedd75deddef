import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mintSessionCredentials } from '../../aws/session-credentials.ts'
import { VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { describeOnEveryDatabase } from '../../store/testing.ts'
import { createAccessKeys, ensureRootKey, findAccessKey, masterKey } from './access-keys.ts'

const ACCOUNT = '000000000000'

describeOnEveryDatabase('access keys', (open) => {
  async function opened() {
    const database = await open()
    const deps = { database, clock: new VirtualClock(), random: realRandom }
    return { database, deps, [Symbol.asyncDispose]: () => database.close() }
  }

  test('the root key looks like one of AWS, and stays the same', async () => {
    await using db = await opened()
    const key = await ensureRootKey(db.deps, ACCOUNT)
    assert.match(key.accessKeyId, /^AKIA[A-Z2-7]{16}$/)
    assert.match(key.secretAccessKey, /^[A-Za-z0-9+/]{40}$/)
    assert.deepEqual(await ensureRootKey(db.deps, ACCOUNT), key)
  })

  test('nodes that start together agree on one root key and one master key', async () => {
    await using db = await opened()
    const keys = await Promise.all([1, 2, 3, 4].map(() => ensureRootKey(db.deps, ACCOUNT)))
    assert.equal(new Set(keys.map(({ accessKeyId }) => accessKeyId)).size, 1)
    const masters = await Promise.all([1, 2, 3, 4].map(() => masterKey(db.deps)))
    assert.equal(new Set(masters.map((master) => master.toString('hex'))).size, 1)
    assert.equal(masters[0]?.length, 32)
  })

  test('each account has a root key of its own', async () => {
    await using db = await opened()
    const one = await ensureRootKey(db.deps, ACCOUNT)
    const two = await ensureRootKey(db.deps, '123456789012')
    assert.notEqual(one.accessKeyId, two.accessKeyId)
    assert.deepEqual(await findAccessKey(db.database, two.accessKeyId), {
      secretAccessKey: two.secretAccessKey,
      accountId: '123456789012',
      principalArn: 'arn:aws:iam::123456789012:root',
    })
  })

  test('are found by their id, sessions by their token', async () => {
    await using db = await opened()
    const master = await masterKey(db.deps)
    const keys = createAccessKeys(db.database, master)
    const root = await ensureRootKey(db.deps, ACCOUNT)
    for (const _ of ['asked', 'remembered'])
      assert.equal((await keys.find(root.accessKeyId, undefined))?.secretAccessKey, root.secretAccessKey)

    const claims = { accountId: ACCOUNT, roleArn: `arn:aws:iam::${ACCOUNT}:role/r`, sessionName: 's' }
    const session = mintSessionCredentials(master, { ...claims, expiresAt: 5 }, realRandom)
    const found = await keys.find(session.accessKeyId, session.sessionToken)
    assert.equal(found?.secretAccessKey, session.secretAccessKey)
    assert.equal(found?.expiresAt, 5)
  })

  test('that nobody made are not found', async () => {
    await using db = await opened()
    const keys = createAccessKeys(db.database, await masterKey(db.deps))
    assert.equal(await keys.find('AKIANOTHING', undefined), undefined)
    assert.equal(await keys.find('AKIANOTHING', 'token'), undefined)
    assert.equal(await keys.find('', ''), undefined)
  })
})
