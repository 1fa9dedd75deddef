import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenDatabase } from '../../store/testing.ts'
import type { ManagedPolicy } from './policy.ts'
import type { Role } from './role.ts'
import { createIamStore } from './store.sql.ts'

export function role(name: string, accountId = '1'.repeat(12)): Role {
  return {
    accountId,
    name,
    id: `AROA${name}`,
    path: '/',
    trustPolicy: '{}',
    maxSessionSeconds: 3600,
    tags: [{ key: 'k', value: 'ü' }],
    inlinePolicies: { p: '{"a":1}' },
    attachedPolicies: ['arn:aws:iam::aws:policy/x'],
    createdAt: 1_000,
  }
}

function policy(name: string, accountId = '1'.repeat(12)): ManagedPolicy {
  const versions = [{ number: 1, document: '{}', createdAt: 1 }]
  const rest = {
    path: '/p/',
    tags: [],
    versions,
    defaultVersion: 1,
    lastVersion: 1,
    createdAt: 1,
    updatedAt: 1,
  }
  return { accountId, name, id: `ANPA${name}`, ...rest }
}

const ONE = '1'.repeat(12)
const TWO = '2'.repeat(12)

/** What every IAM store does. Each database runs this same suite. */
export function iamStoreContract(open: OpenDatabase): void {
  async function opened() {
    const database = await open()
    return { store: createIamStore(database), [Symbol.asyncDispose]: () => database.close() }
  }

  test('a role comes back as it was saved', async () => {
    await using db = await opened()
    await db.store.change(ONE, (account) => account.saveRole(role('Worker')))
    assert.deepEqual(await db.store.account(ONE).findRole('Worker'), role('Worker'))
    assert.deepEqual(await db.store.account(ONE).listRoles(), [role('Worker')])
  })

  test('a name is taken in whatever case, and found only as it was given', async () => {
    await using db = await opened()
    await db.store.change(ONE, (account) => account.saveRole(role('Worker')))
    assert.equal(await db.store.account(ONE).findRole('worker'), undefined)
    await db.store.change(ONE, async (account) => {
      assert.equal(await account.isRoleNameTaken('WORKER'), true)
      assert.equal(await account.isRoleNameTaken('other'), false)
    })
  })

  test('a saved role takes the place of the one with its name', async () => {
    await using db = await opened()
    await db.store.change(ONE, (account) => account.saveRole(role('r')))
    await db.store.change(ONE, (account) => account.saveRole({ ...role('r'), description: 'new' }))
    assert.equal((await db.store.account(ONE).findRole('r'))?.description, 'new')
    assert.equal((await db.store.account(ONE).listRoles()).length, 1)
  })

  test('accounts do not see one another', async () => {
    await using db = await opened()
    await db.store.change(ONE, (account) => account.saveRole(role('r')))
    await db.store.change(ONE, (account) => account.savePolicy(policy('p')))
    const other = db.store.account(TWO)
    assert.equal(await other.findRole('r'), undefined)
    assert.equal(await other.findPolicy(`arn:aws:iam::${ONE}:policy/p/p`), undefined)
    assert.deepEqual(await other.listPolicies(), [])
    await db.store.change(TWO, async (account) => {
      assert.equal(await account.isRoleNameTaken('r'), false)
      await account.deleteRole('r')
      await account.deletePolicy(`arn:aws:iam::${ONE}:policy/p/p`)
    })
    assert.notEqual(await db.store.account(ONE).findRole('r'), undefined)
    assert.equal((await db.store.account(ONE).listPolicies()).length, 1)
  })

  test('policies are found by their ARN, path and all', async () => {
    await using db = await opened()
    await db.store.change(ONE, (account) => account.savePolicy(policy('Read')))
    const account = db.store.account(ONE)
    assert.deepEqual(await account.findPolicy(`arn:aws:iam::${ONE}:policy/p/Read`), policy('Read'))
    assert.equal(await account.findPolicy(`arn:aws:iam::${ONE}:policy/Read`), undefined)
    await db.store.change(ONE, async (editor) => {
      assert.equal(await editor.isPolicyNameTaken('READ'), true)
      await editor.deletePolicy(`arn:aws:iam::${ONE}:policy/p/Read`)
      assert.equal(await editor.isPolicyNameTaken('Read'), false)
    })
    assert.deepEqual(await account.listPolicies(), [])
  })

  test('a change that is refused leaves nothing behind', async () => {
    await using db = await opened()
    const refused = db.store.change(ONE, async (account) => {
      await account.saveRole(role('r'))
      throw new Error('no')
    })
    await assert.rejects(refused, /no/)
    assert.equal(await db.store.account(ONE).findRole('r'), undefined)
  })

  test('changes to an account at the same time do not overlook one another', async () => {
    await using db = await opened()
    await db.store.change(ONE, (account) => account.saveRole({ ...role('r'), tags: [] }))
    const add = (key: string) =>
      db.store.change(ONE, async (account) => {
        const found = await account.findRole('r')
        assert.ok(found)
        await account.saveRole({ ...found, tags: [...found.tags, { key, value: '' }] })
      })
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(add))
    const keys = (await db.store.account(ONE).findRole('r'))?.tags.map(({ key }) => key)
    assert.deepEqual(keys?.sort(), ['a', 'b', 'c', 'd', 'e'])
  })
}
