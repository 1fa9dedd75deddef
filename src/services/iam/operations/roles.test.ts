import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DOCUMENT, iam, refuses, TRUST } from '../testing.ts'

const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'
const noRole = (name: string) => `The role with name ${name} cannot be found.`

describe('CreateRole and GetRole', () => {
  test('a role has an ARN, an id, and its trust policy percent-encoded', async (t) => {
    const { send } = await iam(t)
    const { Role } = await send('CreateRole', { RoleName: 'worker', AssumeRolePolicyDocument: TRUST })
    assert.equal(Role?.Arn, 'arn:aws:iam::123456789012:role/worker')
    assert.match(Role?.RoleId ?? '', /^AROA[A-Z2-7]{17}$/)
    assert.equal(Role?.Path, '/')
    assert.equal(Role?.AssumeRolePolicyDocument, encodeURIComponent(TRUST))
    assert.deepEqual(Role?.CreateDate, new Date(Date.UTC(2026, 0, 1)))
  })

  test('CreateRole leaves out what AWS leaves out; GetRole has it', async (t) => {
    const { send } = await iam(t)
    const input = { RoleName: 'worker', AssumeRolePolicyDocument: TRUST, Description: 'd', Path: '/team/' }
    const created = await send('CreateRole', input)
    assert.equal(created.Role?.Description, undefined)
    assert.equal(created.Role?.MaxSessionDuration, undefined)

    const { Role } = await send('GetRole', { RoleName: 'worker' })
    assert.equal(Role?.Arn, 'arn:aws:iam::123456789012:role/team/worker')
    assert.equal(Role?.Description, 'd')
    assert.equal(Role?.MaxSessionDuration, 3600)
    assert.deepEqual(Role?.RoleLastUsed, {})
    assert.equal(Role?.Tags, undefined)
  })

  test('tags and boundary come along', async (t) => {
    const { send } = await iam(t)
    await send('CreateRole', {
      RoleName: 'worker',
      AssumeRolePolicyDocument: TRUST,
      Tags: [{ Key: 'team', Value: '' }],
      PermissionsBoundary: BASIC,
      MaxSessionDuration: 43_200,
    })
    const { Role } = await send('GetRole', { RoleName: 'worker' })
    assert.deepEqual(Role?.Tags, [{ Key: 'team', Value: '' }])
    assert.deepEqual(Role?.PermissionsBoundary, {
      PermissionsBoundaryType: 'Policy',
      PermissionsBoundaryArn: BASIC,
    })
    assert.equal(Role?.MaxSessionDuration, 43_200)
  })

  test('a name is taken once, in whatever case, and once an account', async (t) => {
    const { send, as } = await iam(t)
    const input = { RoleName: 'Worker', AssumeRolePolicyDocument: TRUST }
    await send('CreateRole', input)
    await refuses(
      send('CreateRole', input),
      'EntityAlreadyExistsException',
      'Role with name Worker already exists.',
    )
    await refuses(
      send('CreateRole', { ...input, RoleName: 'wORKER' }),
      'EntityAlreadyExistsException',
      'Role with name wORKER already exists.',
    )
    await as('210987654321')('CreateRole', input)
  })

  test('what is wrong makes no role', async (t) => {
    const { send } = await iam(t)
    const good = { RoleName: 'r', AssumeRolePolicyDocument: TRUST }
    const malformed = 'MalformedPolicyDocumentException'
    await refuses(
      send('CreateRole', { ...good, AssumeRolePolicyDocument: '{' }),
      malformed,
      'This policy contains invalid Json',
    )
    await refuses(
      send('CreateRole', { ...good, AssumeRolePolicyDocument: DOCUMENT }),
      malformed,
      'Missing required field Principal',
    )
    const long = TRUST.replace('lambda', 'l'.repeat(2_048))
    await refuses(
      send('CreateRole', { ...good, AssumeRolePolicyDocument: long }),
      'LimitExceededException',
      'Cannot exceed quota for ACLSizePerRole: 2048',
    )
    const Tags = [
      { Key: 'a', Value: '1' },
      { Key: 'A', Value: '2' },
    ]
    await refuses(
      send('CreateRole', { ...good, Tags }),
      'InvalidInputException',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
    await refuses(
      send('CreateRole', { ...good, PermissionsBoundary: 'arn:aws:iam::123456789012:not_a_policy/invalid' }),
      'InvalidInputException',
      'ARN arn:aws:iam::123456789012:not_a_policy/invalid is not valid.',
    )
    await refuses(
      send('CreateRole', { ...good, PermissionsBoundary: 'arn:aws:iam::123456789012:policy/none' }),
      'NoSuchEntityException',
      'Scope ARN: arn:aws:iam::123456789012:policy/none does not exist or is not attachable.',
    )
    await refuses(send('GetRole', { RoleName: 'r' }), 'NoSuchEntityException', noRole('r'))
  })

  test('an account has at most 1,000 roles', async (t) => {
    const { send, store } = await iam(t)
    await send('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST })
    const one = await store.account('123456789012').findRole('r')
    assert.ok(one)
    await store.change('123456789012', async (account) => {
      for (let i = 1; i < 1_000; i++) await account.saveRole({ ...one, name: `r${i}` })
    })
    await refuses(
      send('CreateRole', { RoleName: 'more', AssumeRolePolicyDocument: TRUST }),
      'LimitExceededException',
      'Cannot exceed quota for RolesPerAccount: 1000',
    )
  })
})

test('every operation on a role that is not there says so', async (t) => {
  const { send } = await iam(t)
  const RoleName = 'nobody'
  const document = { PolicyName: 'p', PolicyDocument: DOCUMENT }
  const calls = [
    () => send('GetRole', { RoleName }),
    () => send('UpdateRole', { RoleName, Description: 'd' }),
    () => send('UpdateRoleDescription', { RoleName, Description: 'd' }),
    () => send('UpdateAssumeRolePolicy', { RoleName, PolicyDocument: TRUST }),
    () => send('DeleteRole', { RoleName }),
    () => send('TagRole', { RoleName, Tags: [{ Key: 'a', Value: 'b' }] }),
    () => send('UntagRole', { RoleName, TagKeys: ['a'] }),
    () => send('ListRoleTags', { RoleName }),
    () => send('PutRolePolicy', { RoleName, ...document }),
    () => send('GetRolePolicy', { RoleName, PolicyName: 'p' }),
    () => send('DeleteRolePolicy', { RoleName, PolicyName: 'p' }),
    () => send('ListRolePolicies', { RoleName }),
    () => send('AttachRolePolicy', { RoleName, PolicyArn: BASIC }),
    () => send('DetachRolePolicy', { RoleName, PolicyArn: BASIC }),
    () => send('ListAttachedRolePolicies', { RoleName }),
    () => send('ListInstanceProfilesForRole', { RoleName }),
    () => send('PutRolePermissionsBoundary', { RoleName, PermissionsBoundary: BASIC }),
    () => send('DeleteRolePermissionsBoundary', { RoleName }),
  ]
  for (const call of calls) await refuses(call(), 'NoSuchEntityException', noRole('nobody'))
})

describe('a role that is there', () => {
  async function withRole(t: Parameters<typeof iam>[0]) {
    const made = await iam(t)
    await made.send('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST, Description: 'before' })
    return made
  }
  const RoleName = 'r'

  test('UpdateRole changes what is given and nothing else', async (t) => {
    const { send } = await withRole(t)
    await send('UpdateRole', { RoleName, MaxSessionDuration: 7_200 })
    await send('UpdateRole', { RoleName })
    const { Role } = await send('GetRole', { RoleName })
    assert.equal(Role?.Description, 'before')
    assert.equal(Role?.MaxSessionDuration, 7_200)
    const updated = await send('UpdateRoleDescription', { RoleName, Description: 'after' })
    assert.equal(updated.Role?.Description, 'after')
  })

  test('UpdateAssumeRolePolicy takes a trust policy only', async (t) => {
    const { send } = await withRole(t)
    const other = TRUST.replace('lambda', 'scheduler')
    await send('UpdateAssumeRolePolicy', { RoleName, PolicyDocument: other })
    const { Role } = await send('GetRole', { RoleName })
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), other)
    await refuses(
      send('UpdateAssumeRolePolicy', { RoleName, PolicyDocument: TRUST.replace('sts:AssumeRole', 's3:*') }),
      'MalformedPolicyDocumentException',
      'AssumeRole policy may only specify STS AssumeRole actions.',
    )
  })

  test('is deleted once nothing hangs on it', async (t) => {
    const { send } = await withRole(t)
    await send('AttachRolePolicy', { RoleName, PolicyArn: BASIC })
    await send('PutRolePolicy', { RoleName, PolicyName: 'p', PolicyDocument: DOCUMENT })
    await refuses(
      send('DeleteRole', { RoleName }),
      'DeleteConflictException',
      'Cannot delete entity, must detach all policies first.',
    )
    await send('DetachRolePolicy', { RoleName, PolicyArn: BASIC })
    await refuses(
      send('DeleteRole', { RoleName }),
      'DeleteConflictException',
      'Cannot delete entity, must delete policies first.',
    )
    await send('DeleteRolePolicy', { RoleName, PolicyName: 'p' })
    await send('DeleteRole', { RoleName })
    await refuses(send('DeleteRole', { RoleName }), 'NoSuchEntityException', noRole('r'))
  })

  test('that is made again is another one', async (t) => {
    const { send } = await withRole(t)
    const before = (await send('GetRole', { RoleName })).Role?.RoleId
    await send('DeleteRole', { RoleName })
    const { Role } = await send('CreateRole', { RoleName, AssumeRolePolicyDocument: TRUST })
    assert.notEqual(Role?.RoleId, before)
  })

  test('inline policies are kept as they were given', async (t) => {
    const { send } = await withRole(t)
    const spaced = `${DOCUMENT} \n`
    await send('PutRolePolicy', { RoleName, PolicyName: '__proto__', PolicyDocument: spaced })
    await send('PutRolePolicy', { RoleName, PolicyName: 'a', PolicyDocument: DOCUMENT })
    const { PolicyDocument } = await send('GetRolePolicy', { RoleName, PolicyName: '__proto__' })
    assert.equal(decodeURIComponent(PolicyDocument ?? ''), spaced)
    const list = await send('ListRolePolicies', { RoleName })
    assert.deepEqual(list, { PolicyNames: ['__proto__', 'a'], IsTruncated: false })
    await refuses(
      send('GetRolePolicy', { RoleName, PolicyName: 'constructor' }),
      'NoSuchEntityException',
      'The role policy with name constructor cannot be found.',
    )
    await refuses(
      send('DeleteRolePolicy', { RoleName, PolicyName: 'b' }),
      'NoSuchEntityException',
      'The role policy with name b cannot be found.',
    )
  })

  test('inline policies have a size, all together', async (t) => {
    const { send } = await withRole(t)
    const big = DOCUMENT.replace('bucket', 'b'.repeat(5_000))
    await send('PutRolePolicy', { RoleName, PolicyName: 'a', PolicyDocument: big })
    await send('PutRolePolicy', { RoleName, PolicyName: 'b', PolicyDocument: big })
    await send('PutRolePolicy', { RoleName, PolicyName: 'b', PolicyDocument: big })
    await refuses(
      send('PutRolePolicy', { RoleName, PolicyName: 'c', PolicyDocument: DOCUMENT }),
      'LimitExceededException',
      'Maximum policy size of 10240 bytes exceeded for role r',
    )
    await refuses(
      send('PutRolePolicy', { RoleName, PolicyName: 'c', PolicyDocument: '{' }),
      'MalformedPolicyDocumentException',
      'Syntax errors in policy.',
    )
  })

  test('managed policies are attached once, and listed by path', async (t) => {
    const { send } = await withRole(t)
    const xray = 'arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess'
    for (const PolicyArn of [xray, BASIC, BASIC]) await send('AttachRolePolicy', { RoleName, PolicyArn })
    const { AttachedPolicies } = await send('ListAttachedRolePolicies', { RoleName })
    assert.deepEqual(AttachedPolicies, [
      { PolicyName: 'AWSXrayWriteOnlyAccess', PolicyArn: xray },
      { PolicyName: 'AWSLambdaBasicExecutionRole', PolicyArn: BASIC },
    ])
    const service = await send('ListAttachedRolePolicies', { RoleName, PathPrefix: '/service-role/' })
    assert.equal(service.AttachedPolicies?.length, 1)
    await send('DetachRolePolicy', { RoleName, PolicyArn: BASIC })
    await refuses(
      send('DetachRolePolicy', { RoleName, PolicyArn: BASIC }),
      'NoSuchEntityException',
      `Policy ${BASIC} was not found.`,
    )
  })

  test('policies that are not there cannot be attached', async (t) => {
    const { send } = await withRole(t)
    for (const PolicyArn of [
      'arn:aws:iam::123456789012:policy/none',
      'arn:aws:iam::210987654321:policy/others',
      'arn:aws:iam::aws:policy/AmazonNothingFullAccess',
    ])
      await refuses(
        send('AttachRolePolicy', { RoleName, PolicyArn }),
        'NoSuchEntityException',
        `Policy ${PolicyArn} does not exist or is not attachable.`,
      )
    for (const PolicyArn of [
      'longpolicynamebutnoarn',
      'arn:aws:s3:::bucket/policy/x',
      'arn:aws:iam::aws:role/some-role',
    ])
      await refuses(
        send('AttachRolePolicy', { RoleName, PolicyArn }),
        'ValidationError',
        `ARN ${PolicyArn} is not valid.`,
      )
  })

  test('at most ten policies are attached', async (t) => {
    const { send } = await withRole(t)
    for (let i = 0; i <= 10; i++) {
      const { Policy } = await send('CreatePolicy', { PolicyName: `p${i}`, PolicyDocument: DOCUMENT })
      const attach = send('AttachRolePolicy', { RoleName, PolicyArn: Policy?.Arn })
      if (i < 10) await attach
      else await refuses(attach, 'LimitExceededException', 'Cannot exceed quota for PoliciesPerRole: 10')
    }
  })

  test('tags are replaced by key, in whatever case', async (t) => {
    const { send } = await withRole(t)
    await send('TagRole', {
      RoleName,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
    await send('TagRole', { RoleName, Tags: [{ Key: 'A', Value: '3' }] })
    const tagged = await send('ListRoleTags', { RoleName })
    assert.deepEqual(tagged.Tags, [
      { Key: 'A', Value: '3' },
      { Key: 'b', Value: '2' },
    ])
    await send('UntagRole', { RoleName, TagKeys: ['B', 'none'] })
    assert.deepEqual((await send('ListRoleTags', { RoleName })).Tags, [{ Key: 'A', Value: '3' }])
    await send('UntagRole', { RoleName, TagKeys: ['a'] })
    assert.deepEqual(await send('ListRoleTags', { RoleName }), { Tags: [], IsTruncated: false })
    const Tags = [
      { Key: 'x', Value: '' },
      { Key: 'X', Value: '' },
    ]
    await refuses(send('TagRole', { RoleName, Tags }), 'InvalidInputException', /^Duplicate tag keys found\./)
  })

  test('at most fifty tags are kept', async (t) => {
    const { send } = await withRole(t)
    const tags = (from: number) => Array.from({ length: 30 }, (_, i) => ({ Key: `k${from + i}`, Value: 'v' }))
    await send('TagRole', { RoleName, Tags: tags(0) })
    await refuses(
      send('TagRole', { RoleName, Tags: tags(25) }),
      'LimitExceededException',
      'The number of tags has reached the maximum limit.',
    )
    await send('TagRole', { RoleName, Tags: tags(20) })
  })

  test('a permissions boundary is put, kept and deleted', async (t) => {
    const { send } = await withRole(t)
    await send('PutRolePermissionsBoundary', { RoleName, PermissionsBoundary: BASIC })
    const bounded = await send('GetRole', { RoleName })
    assert.equal(bounded.Role?.PermissionsBoundary?.PermissionsBoundaryArn, BASIC)
    await send('DeleteRolePermissionsBoundary', { RoleName })
    assert.equal((await send('GetRole', { RoleName })).Role?.PermissionsBoundary, undefined)
    await refuses(
      send('DeleteRolePermissionsBoundary', { RoleName }),
      'NoSuchEntityException',
      /permissions boundary/,
    )
    await refuses(
      send('PutRolePermissionsBoundary', {
        RoleName,
        PermissionsBoundary: 'arn:aws:iam::123456789012:policy/none',
      }),
      'NoSuchEntityException',
      'Scope ARN: arn:aws:iam::123456789012:policy/none does not exist or is not attachable.',
    )
  })

  test('is in no instance profile', async (t) => {
    const { send } = await withRole(t)
    assert.deepEqual(await send('ListInstanceProfilesForRole', { RoleName }), {
      InstanceProfiles: [],
      IsTruncated: false,
    })
  })
})

describe('ListRoles', () => {
  test('comes in pages, in the order of the names', async (t) => {
    const { send } = await iam(t)
    for (const RoleName of ['c', 'A', 'b'])
      await send('CreateRole', { RoleName, AssumeRolePolicyDocument: TRUST, Path: '/p/' })
    await send('CreateRole', { RoleName: 'elsewhere', AssumeRolePolicyDocument: TRUST })

    const first = await send('ListRoles', { PathPrefix: '/p/', MaxItems: 2 })
    assert.deepEqual(
      first.Roles?.map((role) => role.RoleName),
      ['A', 'b'],
    )
    assert.equal(first.IsTruncated, true)

    await send('DeleteRole', { RoleName: 'b' })
    const second = await send('ListRoles', { PathPrefix: '/p/', Marker: first.Marker })
    assert.deepEqual(
      second.Roles?.map((role) => role.RoleName),
      ['c'],
    )
    assert.equal(second.IsTruncated, false)
    assert.equal(second.Marker, undefined)
    assert.deepEqual(await send('ListRoles', { PathPrefix: '/none/' }), { Roles: [], IsTruncated: false })
  })

  test('leaves out tags and boundary, as AWS does', async (t) => {
    const { send } = await iam(t)
    const Tags = [{ Key: 'a', Value: 'b' }]
    await send('CreateRole', {
      RoleName: 'r',
      AssumeRolePolicyDocument: TRUST,
      Tags,
      PermissionsBoundary: BASIC,
    })
    const { Roles } = await send('ListRoles', {})
    assert.equal(Roles?.[0]?.Tags, undefined)
    assert.equal(Roles?.[0]?.PermissionsBoundary, undefined)
    assert.equal(Roles?.[0]?.MaxSessionDuration, 3600)
  })

  test('refuses a marker that it did not give', async (t) => {
    const { send } = await iam(t)
    await refuses(send('ListRoles', { Marker: 'whatever' }), 'ValidationError', 'Invalid Marker.')
  })

  test('sees only its own account', async (t) => {
    const { send, as } = await iam(t)
    await as('210987654321')('CreateRole', { RoleName: 'theirs', AssumeRolePolicyDocument: TRUST })
    assert.deepEqual((await send('ListRoles', {})).Roles, [])
  })
})
