import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  ListPolicyVersionsCommand,
  paginateListRoles,
  UntagPolicyCommand,
  waitUntilRoleExists,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { realClock } from '../src/base/clock.ts'
import { realRandom } from '../src/base/random.ts'
import { createStrictAuthenticator } from '../src/gateway/signature/strict-authenticator.ts'
import { createAccessKeys, ensureRootKey, masterKey } from '../src/services/iam/access-keys.ts'
import { createRoleLookup } from '../src/services/iam/role-lookup.ts'
import { createIamOperations } from '../src/services/iam/service.ts'
import { createIamStore } from '../src/services/iam/store.sql.ts'
import { createStsOperations } from '../src/services/sts/service.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { gateway } from './gateway/gateway.ts'

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})
const DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
})

/** IAM and STS behind a gateway that believes nobody without a signature. */
async function identity(t: TestContext) {
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  const deps = { database, clock: realClock, random: realRandom }
  const credentials = await ensureRootKey(deps, '123456789012')
  const master = await masterKey(deps)
  const keys = createAccessKeys(database, master)
  const store = createIamStore(database)
  const { findRole } = createRoleLookup(store)

  const { endpoint } = await gateway(
    t,
    {
      iam: createIamOperations({ ...deps, store }) as never,
      sts: createStsOperations({ ...deps, findRole, open: false, masterKey: master }) as never,
    },
    { authenticator: createStrictAuthenticator({ keys, clock: realClock }) },
  )
  const client = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
  const iam = new IAMClient(client)
  const sts = new STSClient(client)
  t.after(() => {
    iam.destroy()
    sts.destroy()
  })
  return { client, iam, sts }
}

describe('the JavaScript SDK against IAM and STS, with signatures verified', () => {
  test('a role is made, waited for, read and listed', async (t) => {
    const { iam } = await identity(t)
    const RoleName = 'worker'
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }))
    const waited = await waitUntilRoleExists({ client: iam, maxWaitTime: 5 }, { RoleName })
    assert.equal(waited.state, 'SUCCESS')
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), TRUST)
    assert.ok(Role?.CreateDate instanceof Date)

    await iam.send(new CreateRoleCommand({ RoleName: 'other', AssumeRolePolicyDocument: TRUST }))
    const names: unknown[] = []
    for await (const page of paginateListRoles({ client: iam, pageSize: 1 }, {}))
      names.push(...(page.Roles ?? []).map((role) => role.RoleName))
    assert.deepEqual(names, ['other', 'worker'])
  })

  test('errors have the names that the SDK knows', async (t) => {
    const { iam } = await identity(t)
    const missing = iam.send(new GetRoleCommand({ RoleName: 'nobody' }))
    await assert.rejects(missing, (error: Error & { $metadata: { httpStatusCode: number } }) => {
      assert.equal(error.name, 'NoSuchEntityException')
      assert.equal(error.message, 'The role with name nobody cannot be found.')
      assert.equal(error.$metadata.httpStatusCode, 404)
      return true
    })
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: DOCUMENT }))
    const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: Policy?.Arn }))
    assert.equal(Versions?.[0]?.VersionId, 'v1')
    await assert.rejects(
      iam.send(new AttachRolePolicyCommand({ RoleName: 'nobody', PolicyArn: Policy?.Arn })),
      { name: 'NoSuchEntityException' },
    )
  })

  // Recorded from AWS in February 2026.
  test('what is refused is told without its value', async (t) => {
    const { iam } = await identity(t)
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: DOCUMENT }))
    const refused = '1 validation error detected: Value at '
    const pattern = 'Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+'
    const policy = { PolicyName: 'q', PolicyDocument: DOCUMENT, Tags: [{ Key: 'NOWAY!', Value: '' }] }
    await assert.rejects(iam.send(new CreatePolicyCommand(policy)), {
      name: 'ValidationError',
      message: `${refused}'tags.1.member.key' failed to satisfy constraint: ${pattern}`,
    })
    const untagged = iam.send(new UntagPolicyCommand({ PolicyArn: Policy?.Arn, TagKeys: ['NOWAY!'] }))
    await assert.rejects(untagged, {
      message: `${refused}'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, ${pattern}, Member must not be null]`,
    })
    const Arn = 'arn:aws:s3:eu-west-1::b'
    const document = DOCUMENT.replace('"*"', `"${Arn}"`)
    const malformed = iam.send(new CreatePolicyCommand({ PolicyName: 'r', PolicyDocument: document }))
    await assert.rejects(malformed, {
      name: 'MalformedPolicyDocumentException',
      message: `Resource ${Arn} can not contain region information.`,
    })
  })

  test('a session of a role says who it is, and is nobody once its token is changed', async (t) => {
    const { client, iam, sts } = await identity(t)
    const root = await sts.send(new GetCallerIdentityCommand({}))
    assert.equal(root.Arn, 'arn:aws:iam::123456789012:root')

    const { Role } = await iam.send(
      new CreateRoleCommand({ RoleName: 'worker', AssumeRolePolicyDocument: TRUST }),
    )
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'session' }),
    )
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const who = await new STSClient({ ...client, credentials }).send(new GetCallerIdentityCommand({}))
    assert.equal(who.Arn, 'arn:aws:sts::123456789012:assumed-role/worker/session')
    assert.equal(who.UserId, `${Role?.RoleId}:session`)

    const sessionToken = credentials.sessionToken.replace(/^./, 'B')
    const changed = new STSClient({ ...client, credentials: { ...credentials, sessionToken } })
    await assert.rejects(changed.send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
  })

  test('who cannot sign is refused', async (t) => {
    const { client } = await identity(t)
    const wrong = { ...client.credentials, secretAccessKey: 'wrong' }
    await assert.rejects(
      new STSClient({ ...client, credentials: wrong }).send(new GetCallerIdentityCommand({})),
      {
        name: 'SignatureDoesNotMatch',
      },
    )
    const unsigned = await fetch(`${client.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`)
    assert.equal(unsigned.status, 403)
    assert.match(await unsigned.text(), /<Code>MissingAuthenticationToken<\/Code>/)
  })
})

// An operation, its input, and what is wrong with it: missing, mistyped, out of range.
const BAD: [operation: string, input: Record<string, string>, message: RegExp][] = [
  ['CreateRole', { RoleName: 'r' }, /'assumeRolePolicyDocument'.*must not be null/],
  ['CreateRole', { AssumeRolePolicyDocument: TRUST }, /'roleName'.*must not be null/],
  ['CreateRole', { RoleName: 'a b', AssumeRolePolicyDocument: TRUST }, /'roleName'.*\[\\w\+=,\.@-\]\+/],
  [
    'CreateRole',
    { RoleName: 'r'.repeat(65), AssumeRolePolicyDocument: TRUST },
    /'roleName'.*less than or equal to 64/,
  ],
  [
    'CreateRole',
    { RoleName: 'r', AssumeRolePolicyDocument: TRUST, Path: 'team' },
    /'path' failed to satisfy/,
  ],
  [
    'CreateRole',
    { RoleName: 'r', AssumeRolePolicyDocument: TRUST, MaxSessionDuration: '3599' },
    /'maxSessionDuration'.*3600/,
  ],
  [
    'CreateRole',
    { RoleName: 'r', AssumeRolePolicyDocument: TRUST, MaxSessionDuration: '43201' },
    /'maxSessionDuration'.*43200/,
  ],
  ['CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST, MaxSessionDuration: 'long' }, /./],
  [
    'CreateRole',
    { RoleName: 'r', AssumeRolePolicyDocument: TRUST, PermissionsBoundary: 'short' },
    /'permissionsBoundary'.*20/,
  ],
  [
    'CreateRole',
    {
      RoleName: 'r',
      AssumeRolePolicyDocument: TRUST,
      'Tags.member.1.Key': 'k'.repeat(129),
      'Tags.member.1.Value': '',
    },
    /'tags\.1\.member\.key'.*128/,
  ],
  ['GetRole', {}, /'roleName'.*must not be null/],
  ['UpdateRole', { RoleName: 'r', MaxSessionDuration: '1' }, /'maxSessionDuration'/],
  ['UpdateRoleDescription', { RoleName: 'r' }, /'description'.*must not be null/],
  ['UpdateAssumeRolePolicy', { RoleName: 'r' }, /'policyDocument'.*must not be null/],
  ['DeleteRole', {}, /'roleName'.*must not be null/],
  ['ListRoles', { MaxItems: '0' }, /'maxItems'.*greater than or equal to 1/],
  ['ListRoles', { MaxItems: '1001' }, /'maxItems'.*1000/],
  ['TagRole', { RoleName: 'r' }, /'tags'.*must not be null/],
  ['UntagRole', { RoleName: 'r' }, /'tagKeys'.*must not be null/],
  ['ListRoleTags', {}, /'roleName'.*must not be null/],
  ['PutRolePolicy', { RoleName: 'r', PolicyName: 'p' }, /'policyDocument'.*must not be null/],
  ['PutRolePolicy', { RoleName: 'r', PolicyName: 'a/b', PolicyDocument: '{}' }, /'policyName' failed/],
  ['GetRolePolicy', { RoleName: 'r' }, /'policyName'.*must not be null/],
  ['DeleteRolePolicy', { RoleName: 'r' }, /'policyName'.*must not be null/],
  ['ListRolePolicies', {}, /'roleName'.*must not be null/],
  ['AttachRolePolicy', { RoleName: 'r' }, /'policyArn'.*must not be null/],
  ['AttachRolePolicy', { RoleName: 'r', PolicyArn: 'short' }, /'policyArn'.*20/],
  ['DetachRolePolicy', { RoleName: 'r' }, /'policyArn'.*must not be null/],
  ['ListAttachedRolePolicies', {}, /'roleName'.*must not be null/],
  ['ListInstanceProfilesForRole', {}, /'roleName'.*must not be null/],
  ['PutRolePermissionsBoundary', { RoleName: 'r' }, /'permissionsBoundary'.*must not be null/],
  ['DeleteRolePermissionsBoundary', {}, /'roleName'.*must not be null/],
  ['CreatePolicy', { PolicyName: 'p' }, /'policyDocument'.*must not be null/],
  ['CreatePolicy', { PolicyName: 'p'.repeat(129), PolicyDocument: DOCUMENT }, /'policyName'.*128/],
  ['GetPolicy', {}, /'policyArn'.*must not be null/],
  ['DeletePolicy', {}, /'policyArn'.*must not be null/],
  ['ListPolicies', { Scope: 'Mine' }, /'scope'.*enum value set/],
  ['GetPolicyVersion', { PolicyArn: 'a'.repeat(20), VersionId: '1' }, /'versionId' failed/],
  ['CreatePolicyVersion', { PolicyArn: 'a'.repeat(20) }, /'policyDocument'.*must not be null/],
  ['SetDefaultPolicyVersion', { PolicyArn: 'a'.repeat(20), VersionId: 'v0' }, /'versionId' failed/],
  ['DeletePolicyVersion', { PolicyArn: 'a'.repeat(20) }, /'versionId'.*must not be null/],
  ['ListPolicyVersions', {}, /'policyArn'.*must not be null/],
  ['TagPolicy', { PolicyArn: 'a'.repeat(20) }, /'tags'.*must not be null/],
  ['UntagPolicy', { PolicyArn: 'a'.repeat(20) }, /'tagKeys'.*must not be null/],
  ['ListPolicyTags', {}, /'policyArn'.*must not be null/],
  [
    'ListEntitiesForPolicy',
    { PolicyArn: 'a'.repeat(20), EntityFilter: 'Robot' },
    /'entityFilter'.*enum value set/,
  ],
  ['AssumeRole', { RoleArn: 'arn:aws:iam::123456789012:role/r' }, /'roleSessionName'.*must not be null/],
  [
    'AssumeRole',
    { RoleArn: 'arn:aws:iam::123456789012:role/r', RoleSessionName: 'a:b' },
    /'roleSessionName'.*\[\\w\+=,\.@-\]\*/,
  ],
  ['AssumeRole', { RoleArn: 'short', RoleSessionName: 'ab' }, /'roleArn'.*20/],
  [
    'AssumeRole',
    { RoleArn: 'arn:aws:iam::123456789012:role/r', RoleSessionName: 'ab', DurationSeconds: '899' },
    /'durationSeconds'.*900/,
  ],
]

describe('bad input, for every operation that takes any', () => {
  test('is refused with what is wrong', async (t) => {
    const { client } = await openIdentity(t)
    for (const [operation, input, message] of BAD) {
      const { status, code, text } = await post(client.endpoint, operation, input)
      const what = `${operation} ${JSON.stringify(input)}: ${code} ${text}`
      assert.equal(status, 400, what)
      assert.match(
        code,
        /^(ValidationError|MalformedInput|SerializationException|InvalidParameterValue)$/,
        what,
      )
      assert.match(text, message, what)
    }
  })
})

/** Without signatures, so that any client can send anything. */
async function openIdentity(t: TestContext) {
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  const deps = { database, clock: realClock, random: realRandom }
  const store = createIamStore(database)
  const { findRole } = createRoleLookup(store)
  return gateway(t, {
    iam: createIamOperations({ ...deps, store }) as never,
    sts: createStsOperations({ ...deps, findRole, open: true, masterKey: Buffer.alloc(32) }) as never,
  })
}

async function post(endpoint: string, Action: string, input: Record<string, string>) {
  const Version = Action === 'AssumeRole' ? '2011-06-15' : '2010-05-08'
  const body = new URLSearchParams({ Action, Version, ...input })
  const answer = await fetch(endpoint, { method: 'POST', body })
  const xml = await answer.text()
  const part = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''
  const text = part('Message')
    .replace(/&#x?27;|&#39;|&apos;/g, "'")
    .replaceAll('&quot;', '"')
  return { status: answer.status, code: part('Code'), text }
}
