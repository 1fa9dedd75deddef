import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { realRandom, seededRandom } from '../base/random.ts'
import { base32, fromBase32 } from './base32.ts'
import {
  accountOfAccessKeyId,
  callerOfSession,
  mintSessionCredentials,
  readSessionCredentials,
  sessionAccessKey,
} from './session-credentials.ts'

const master = Buffer.alloc(32, 7)
const claims = {
  accountId: '000123456789',
  roleArn: 'arn:aws:iam::000123456789:role/team/worker',
  sessionName: 'f-é',
  expiresAt: 1_800_000_000_000,
}

describe('session credentials', () => {
  test('look like those of AWS', () => {
    const minted = mintSessionCredentials(master, claims, realRandom)
    assert.match(minted.accessKeyId, /^ASIA[A-Z2-7]{16}$/)
    assert.equal(minted.secretAccessKey.length, 40)
    assert.match(minted.sessionToken, /^[\w-]+$/)
  })

  test('are read back by whoever has the master key', () => {
    const minted = mintSessionCredentials(master, claims, realRandom)
    const session = readSessionCredentials(Buffer.from(master), minted.accessKeyId, minted.sessionToken)
    assert.deepEqual(session, { ...claims, secretAccessKey: minted.secretAccessKey })
  })

  test('stand for the session of the role, without its path', () => {
    const minted = mintSessionCredentials(master, claims, realRandom)
    const key = sessionAccessKey(master, minted.accessKeyId, minted.sessionToken)
    assert.equal(key?.principalArn, 'arn:aws:sts::000123456789:assumed-role/worker/f-é')
    assert.equal(key?.expiresAt, claims.expiresAt)
  })

  test('of two mints for the same session differ', () => {
    const one = mintSessionCredentials(master, claims, realRandom)
    const two = mintSessionCredentials(master, claims, realRandom)
    assert.notEqual(one.accessKeyId, two.accessKeyId)
    assert.notEqual(one.secretAccessKey, two.secretAccessKey)
  })

  test('of another master key, another id or a changed token are not read', () => {
    const { accessKeyId, sessionToken } = mintSessionCredentials(master, claims, seededRandom('a'))
    const other = mintSessionCredentials(master, claims, seededRandom('b'))
    assert.equal(readSessionCredentials(Buffer.alloc(32, 8), accessKeyId, sessionToken), undefined)
    assert.equal(readSessionCredentials(master, other.accessKeyId, sessionToken), undefined)
    for (const place of [0, 3, 40, sessionToken.length - 1]) {
      const letter = sessionToken[place] === 'A' ? 'B' : 'A'
      const changed = sessionToken.slice(0, place) + letter + sessionToken.slice(place + 1)
      assert.equal(readSessionCredentials(master, accessKeyId, changed), undefined, `at ${place}`)
    }
  })

  test('that are rubbish are not read, and do not throw', () => {
    const { accessKeyId } = mintSessionCredentials(master, claims, realRandom)
    for (const token of ['', 'x', '%%%', 'A'.repeat(100), 'A'.repeat(100_000)])
      assert.equal(readSessionCredentials(master, accessKeyId, token), undefined)
    assert.equal(readSessionCredentials(master, '', ''), undefined)
  })

  test('refuse an account that is none', () => {
    assert.throws(() => mintSessionCredentials(master, { ...claims, accountId: 'x' }, realRandom), RangeError)
  })
})

describe('the caller behind an access key, where no signature is verified', () => {
  test('is the session, where its token came along', () => {
    const { accessKeyId, sessionToken } = mintSessionCredentials(master, claims, realRandom)
    assert.deepEqual(callerOfSession(master, accessKeyId, sessionToken), {
      accountId: claims.accountId,
      principalArn: 'arn:aws:sts::000123456789:assumed-role/worker/f-é',
    })
  })

  test('is the account, where only the access key id came', () => {
    for (const accountId of ['000000000000', '000000000001', '123456789012', '999999999999']) {
      const { accessKeyId } = mintSessionCredentials(master, { ...claims, accountId }, realRandom)
      assert.equal(accountOfAccessKeyId(master, accessKeyId), accountId)
      assert.equal(callerOfSession(master, accessKeyId, 'nonsense')?.accountId, accountId)
    }
  })

  test('is nobody of ours, where the key is a stranger’s', () => {
    for (const id of [
      'test',
      'ASIAIOSFODNN7EXAMPLE',
      'AKIAIOSFODNN7EXAMPLE',
      'ASIA0000000000000000',
      '123456789012',
    ])
      assert.equal(callerOfSession(master, id, undefined), undefined, id)
  })
})

test('base32 survives both ways', () => {
  for (const hex of ['', '0102030405', 'ffffffffffffffffffff', 'deadbeef00112233aa55']) {
    const bytes = Buffer.from(hex, 'hex')
    assert.equal(fromBase32(base32(bytes))?.toString('hex'), hex)
  }
  assert.equal(base32(Buffer.from('fooba')), 'MZXW6YTB')
  assert.equal(fromBase32('a'), undefined)
})
