import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AwsError } from '../../../aws/error.ts'
import type { Call } from '../../../aws/operation.ts'
import { accountOfAccessKeyId, readSessionCredentials } from '../../../aws/session-credentials.ts'
import { VirtualClock } from '../../../base/clock.ts'
import { seededRandom } from '../../../base/random.ts'
import type { AssumableRole } from '../deps.ts'
import { createStsOperations } from '../service.ts'
import type { assumeRole } from './assume-role.ts'
import type { getCallerIdentity } from './get-caller-identity.ts'

const ACCOUNT = '123456789012'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const WORKER = `arn:aws:iam::${ACCOUNT}:role/team/worker`
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/f`
const master = Buffer.alloc(32, 3)

const worker: AssumableRole = { id: 'AROAWORKERWORKERWORK1', arn: WORKER, maxSessionSeconds: 7_200 }
const foreign: AssumableRole = { ...worker, arn: 'arn:aws:iam::210987654321:role/theirs' }

function sts({ open = false, principalArn = ROOT, accountId = ACCOUNT } = {}) {
  const clock = new VirtualClock(1_800_000_000_500)
  const roles: Record<string, AssumableRole> = {
    [`${ACCOUNT}/worker`]: worker,
    '210987654321/theirs': foreign,
  }
  const operations = createStsOperations({
    findRole: async (account, name) => roles[`${account}/${name}`],
    open,
    masterKey: master,
    clock,
    random: seededRandom('sts'),
  })
  const call = { accountId, principalArn, region: 'us-east-1' } as Call
  return {
    assume: (input: Parameters<typeof assumeRole>[1]) =>
      operations.AssumeRole(input as never, call) as ReturnType<typeof assumeRole>,
    identity: () => operations.GetCallerIdentity({} as never, call) as ReturnType<typeof getCallerIdentity>,
  }
}

async function refuses(work: Promise<unknown>, code: string, message: string | RegExp) {
  await assert.rejects(work, (error: AwsError) => {
    assert.equal(error.code, code)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}

describe('GetCallerIdentity', () => {
  test('of the root is the account', async () => {
    assert.deepEqual(await sts().identity(), { UserId: ACCOUNT, Account: ACCOUNT, Arn: ROOT })
  })

  test('of a role’s session names the role’s id and the session', async () => {
    const identity = await sts({ principalArn: SESSION }).identity()
    assert.deepEqual(identity, { UserId: 'AROAWORKERWORKERWORK1:f', Account: ACCOUNT, Arn: SESSION })
  })

  test('of a session whose role nobody made has an id all the same, always the same', async () => {
    const principalArn = `arn:aws:sts::${ACCOUNT}:assumed-role/ghost/f`
    const first = await sts({ principalArn }).identity()
    assert.match(first.UserId ?? '', /^AROA[A-Z2-7]{17}:f$/)
    assert.deepEqual(await sts({ principalArn }).identity(), first)
  })
})

describe('AssumeRole', () => {
  const input = { RoleArn: WORKER, RoleSessionName: 'session' }

  test('gives credentials that can be read back', async () => {
    const { AssumedRoleUser, Credentials } = await sts().assume(input)
    assert.deepEqual(AssumedRoleUser, {
      AssumedRoleId: 'AROAWORKERWORKERWORK1:session',
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/worker/session`,
    })
    const session = readSessionCredentials(
      master,
      Credentials?.AccessKeyId ?? '',
      Credentials?.SessionToken ?? '',
    )
    assert.equal(session?.secretAccessKey, Credentials?.SecretAccessKey)
    assert.equal(session?.roleArn, WORKER)
    assert.equal(session?.expiresAt, 1_800_003_600_000)
    assert.deepEqual(Credentials?.Expiration, new Date(1_800_003_600_000))
    assert.equal(accountOfAccessKeyId(master, Credentials?.AccessKeyId ?? ''), ACCOUNT)
  })

  test('lasts as long as is asked for, up to what the role allows', async () => {
    const { Credentials } = await sts().assume({ ...input, DurationSeconds: 7_200 })
    assert.deepEqual(Credentials?.Expiration, new Date(1_800_007_200_000))
    await refuses(
      sts().assume({ ...input, DurationSeconds: 7_201 }),
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  })

  test('from a session lasts an hour at most', async () => {
    await sts({ principalArn: SESSION }).assume({ ...input, DurationSeconds: 3_600 })
    await refuses(
      sts({ principalArn: SESSION }).assume({ ...input, DurationSeconds: 3_601 }),
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  })

  test('of a role that is not there, or under another path, is refused', async () => {
    for (const RoleArn of [`arn:aws:iam::${ACCOUNT}:role/ghost`, `arn:aws:iam::${ACCOUNT}:role/worker`])
      await refuses(
        sts().assume({ ...input, RoleArn }),
        'AccessDenied',
        `User: ${ROOT} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
      )
  })

  test('of another account’s role is refused where signatures are verified', async () => {
    const theirs = { ...input, RoleArn: foreign.arn }
    await refuses(sts().assume(theirs), 'AccessDenied', /is not authorized to perform: sts:AssumeRole/)
    const { AssumedRoleUser } = await sts({ open: true }).assume(theirs)
    assert.equal(AssumedRoleUser?.Arn, 'arn:aws:sts::210987654321:assumed-role/theirs/session')
  })

  test('of a role that nobody made works where everybody is believed', async () => {
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/path/ghost`
    const { AssumedRoleUser } = await sts({ open: true }).assume({
      ...input,
      RoleArn,
      DurationSeconds: 43_200,
    })
    assert.match(AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:session$/)
    assert.equal(AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/ghost/session`)
  })

  test('of what is no role is refused', async () => {
    for (const RoleArn of [
      'nothing-valid-in-here',
      'arn::b:::something/test-role',
      'arn:aws:iam::123456789012:user/somebody',
      'arn:aws:iam::1234:role/some-role',
      'arn:aws:iam:us-east-1:123456789012:role/r',
      'arn:aws:iam::123456789012:role/',
      'arn:aws:iam::123456789012:role/a b',
    ])
      await refuses(
        sts({ open: true }).assume({ ...input, RoleArn }),
        'ValidationError',
        `${RoleArn} is invalid`,
      )
  })

  test('refuses what it would have to leave out', async () => {
    const extras = [
      { Policy: '{}' },
      { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/x' }] },
      { Tags: [{ Key: 'a', Value: 'b' }] },
      { TransitiveTagKeys: ['a'] },
      { ExternalId: 'id' },
      { SerialNumber: 'GAHT12345678' },
      { TokenCode: '123456' },
      { SourceIdentity: 'me' },
      { ProvidedContexts: [{ ProviderArn: 'arn' }] },
    ]
    for (const extra of extras) {
      const [name] = Object.keys(extra)
      await refuses(
        sts({ open: true }).assume({ ...input, ...extra }),
        'ValidationError',
        `lambdad does not support ${name} of AssumeRole yet.`,
      )
    }
    await sts().assume({ ...input, Tags: [], PolicyArns: [] })
  })
})
