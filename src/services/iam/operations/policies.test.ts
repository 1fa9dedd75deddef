import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DOCUMENT, iam, refuses, TRUST } from '../testing.ts'

const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'
const ARN = 'arn:aws:iam::123456789012:policy/p'
const NONE = 'arn:aws:iam::123456789012:policy/none'

async function withPolicy(t: Parameters<typeof iam>[0]) {
  const made = await iam(t)
  await made.send('CreatePolicy', {
    PolicyName: 'p',
    PolicyDocument: DOCUMENT,
    Description: 'what it is for',
  })
  return made
}

describe('CreatePolicy and GetPolicy', () => {
  test('a policy has an ARN, an id and a first version', async (t) => {
    const { send } = await iam(t)
    const input = { PolicyName: 'p', Path: '/team/', PolicyDocument: DOCUMENT, Description: 'd' }
    const { Policy } = await send('CreatePolicy', input)
    assert.match(Policy?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/)
    assert.equal(Policy?.Arn, 'arn:aws:iam::123456789012:policy/team/p')
    assert.equal(Policy?.DefaultVersionId, 'v1')
    assert.equal(Policy?.AttachmentCount, 0)
    assert.equal(Policy?.IsAttachable, true)
    assert.equal(Policy?.Description, undefined)
    assert.equal(Policy?.Tags, undefined)

    const got = await send('GetPolicy', { PolicyArn: Policy?.Arn })
    assert.equal(got.Policy?.Description, 'd')
    assert.deepEqual(got.Policy?.Tags, [])
  })

  test('AttachmentCount and PermissionsBoundaryUsageCount count roles', async (t) => {
    const { send } = await withPolicy(t)
    for (const RoleName of ['a', 'b']) {
      await send('CreateRole', { RoleName, AssumeRolePolicyDocument: TRUST, PermissionsBoundary: ARN })
    }
    await send('AttachRolePolicy', { RoleName: 'a', PolicyArn: ARN })
    const { Policy } = await send('GetPolicy', { PolicyArn: ARN })
    assert.equal(Policy?.AttachmentCount, 1)
    assert.equal(Policy?.PermissionsBoundaryUsageCount, 2)
  })

  test('what is wrong makes no policy', async (t) => {
    const { send } = await withPolicy(t)
    for (const PolicyName of ['p', 'P'])
      await refuses(
        send('CreatePolicy', { PolicyName, PolicyDocument: DOCUMENT }),
        'EntityAlreadyExistsException',
        `A policy called ${PolicyName} already exists. Duplicate names are not allowed.`,
      )
    await refuses(
      send('CreatePolicy', { PolicyName: 'q', PolicyDocument: TRUST }),
      'MalformedPolicyDocumentException',
      'Policy document should not specify a principal.',
    )
    await refuses(
      send('CreatePolicy', {
        PolicyName: 'q',
        PolicyDocument: DOCUMENT.replace('bucket', 'b'.repeat(6_144)),
      }),
      'LimitExceededException',
      'Cannot exceed quota for PolicySize: 6144',
    )
    const Tags = [
      { Key: 'a', Value: '' },
      { Key: 'a', Value: '' },
    ]
    await refuses(
      send('CreatePolicy', { PolicyName: 'q', PolicyDocument: DOCUMENT, Tags }),
      'InvalidInputException',
      'Duplicate tag keys found.',
    )
    assert.equal((await send('ListPolicies', { Scope: 'Local' })).Policies?.length, 1)
  })

  test('a policy that is not there is not found, nor one of another account', async (t) => {
    const { send, as } = await withPolicy(t)
    await refuses(
      send('GetPolicy', { PolicyArn: NONE }),
      'NoSuchEntityException',
      `Policy ${NONE} was not found.`,
    )
    await refuses(
      as('210987654321')('GetPolicy', { PolicyArn: ARN }),
      'NoSuchEntityException',
      `Policy ${ARN} was not found.`,
    )
    await refuses(
      send('GetPolicy', { PolicyArn: 'no-arn-but-long-enough' }),
      'ValidationError',
      'ARN no-arn-but-long-enough is not valid.',
    )
  })
})

describe('versions', () => {
  test('are numbered, listed from the newest, and never numbered again', async (t) => {
    const { send } = await withPolicy(t)
    const next = (SetAsDefault: boolean) =>
      send('CreatePolicyVersion', { PolicyArn: ARN, PolicyDocument: DOCUMENT, SetAsDefault })
    assert.equal((await next(true)).PolicyVersion?.IsDefaultVersion, true)
    const third = await next(false)
    assert.deepEqual(Object.keys(third.PolicyVersion ?? {}).sort(), [
      'CreateDate',
      'IsDefaultVersion',
      'VersionId',
    ])
    await send('DeletePolicyVersion', { PolicyArn: ARN, VersionId: 'v3' })
    assert.equal((await next(false)).PolicyVersion?.VersionId, 'v4')

    const { Versions } = await send('ListPolicyVersions', { PolicyArn: ARN })
    assert.deepEqual(
      Versions?.map((version) => [version.VersionId, version.IsDefaultVersion]),
      [
        ['v4', false],
        ['v2', true],
        ['v1', false],
      ],
    )
    const page = await send('ListPolicyVersions', { PolicyArn: ARN, MaxItems: 1 })
    const rest = await send('ListPolicyVersions', { PolicyArn: ARN, Marker: page.Marker })
    assert.deepEqual(
      rest.Versions?.map((version) => version.VersionId),
      ['v2', 'v1'],
    )
  })

  test('have their documents percent-encoded', async (t) => {
    const { send } = await withPolicy(t)
    const { PolicyVersion } = await send('GetPolicyVersion', { PolicyArn: ARN, VersionId: 'v1' })
    assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ''), DOCUMENT)
    assert.doesNotMatch(PolicyVersion?.Document ?? '', /[*"{}]/)
  })

  test('are five at most', async (t) => {
    const { send } = await withPolicy(t)
    const next = () => send('CreatePolicyVersion', { PolicyArn: ARN, PolicyDocument: DOCUMENT })
    for (let i = 0; i < 4; i++) await next()
    await refuses(
      next(),
      'LimitExceededException',
      'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    )
    await send('DeletePolicyVersion', { PolicyArn: ARN, VersionId: 'v2' })
    assert.equal((await next()).PolicyVersion?.VersionId, 'v6')
  })

  test('become the default, whatever their age', async (t) => {
    const { send } = await withPolicy(t)
    await send('CreatePolicyVersion', { PolicyArn: ARN, PolicyDocument: DOCUMENT, SetAsDefault: true })
    await send('SetDefaultPolicyVersion', { PolicyArn: ARN, VersionId: 'v1' })
    assert.equal((await send('GetPolicy', { PolicyArn: ARN })).Policy?.DefaultVersionId, 'v1')
  })

  test('that are not there are refused, and the default is not deleted', async (t) => {
    const { send } = await withPolicy(t)
    const missing = (arn: string, version: string) =>
      `Policy ${arn} version ${version} does not exist or is not attachable.`
    for (const name of ['GetPolicyVersion', 'SetDefaultPolicyVersion', 'DeletePolicyVersion'] as const) {
      await refuses(
        send(name, { PolicyArn: ARN, VersionId: 'v9' }),
        'NoSuchEntityException',
        missing(ARN, 'v9'),
      )
      await refuses(
        send(name, { PolicyArn: NONE, VersionId: 'v1' }),
        'NoSuchEntityException',
        missing(NONE, 'v1'),
      )
      await refuses(
        send(name, { PolicyArn: 'x'.repeat(20), VersionId: 'v1' }),
        'ValidationError',
        /is not valid/,
      )
    }
    await refuses(
      send('DeletePolicyVersion', { PolicyArn: ARN, VersionId: 'v1' }),
      'DeleteConflictException',
      'Cannot delete the default version of a policy.',
    )
    await refuses(
      send('CreatePolicyVersion', { PolicyArn: NONE, PolicyDocument: DOCUMENT }),
      'NoSuchEntityException',
      `Policy ${NONE} was not found.`,
    )
    await refuses(
      send('CreatePolicyVersion', { PolicyArn: ARN, PolicyDocument: '{' }),
      'MalformedPolicyDocumentException',
      'Syntax errors in policy.',
    )
    await refuses(send('ListPolicyVersions', { PolicyArn: NONE }), 'NoSuchEntityException', /was not found/)
  })
})

describe('DeletePolicy', () => {
  test('waits until nothing uses the policy, and one version is left', async (t) => {
    const { send } = await withPolicy(t)
    await send('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST, PermissionsBoundary: ARN })
    const attached = 'Cannot delete a policy attached to entities.'
    await refuses(send('DeletePolicy', { PolicyArn: ARN }), 'DeleteConflictException', attached)
    await send('DeleteRolePermissionsBoundary', { RoleName: 'r' })
    await send('AttachRolePolicy', { RoleName: 'r', PolicyArn: ARN })
    await refuses(send('DeletePolicy', { PolicyArn: ARN }), 'DeleteConflictException', attached)
    await send('DetachRolePolicy', { RoleName: 'r', PolicyArn: ARN })

    await send('CreatePolicyVersion', { PolicyArn: ARN, PolicyDocument: DOCUMENT })
    await refuses(
      send('DeletePolicy', { PolicyArn: ARN }),
      'DeleteConflictException',
      /^This policy has more than one version/,
    )
    await send('DeletePolicyVersion', { PolicyArn: ARN, VersionId: 'v2' })
    await send('DeletePolicy', { PolicyArn: ARN })
    await refuses(
      send('DeletePolicy', { PolicyArn: ARN }),
      'NoSuchEntityException',
      `Policy ${ARN} was not found.`,
    )
  })
})

describe('the policies of AWS', () => {
  test('can be read', async (t) => {
    const { send } = await iam(t)
    const { Policy } = await send('GetPolicy', { PolicyArn: BASIC })
    assert.equal(Policy?.Path, '/service-role/')
    assert.equal(Policy?.DefaultVersionId, 'v1')
    const { PolicyVersion } = await send('GetPolicyVersion', { PolicyArn: BASIC, VersionId: 'v1' })
    assert.deepEqual(JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? '')).Statement[0].Action, [
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ])
  })

  test('cannot be changed', async (t) => {
    const { send } = await iam(t)
    const calls = [
      () => send('DeletePolicy', { PolicyArn: BASIC }),
      () => send('CreatePolicyVersion', { PolicyArn: BASIC, PolicyDocument: DOCUMENT }),
      () => send('DeletePolicyVersion', { PolicyArn: BASIC, VersionId: 'v1' }),
      () => send('SetDefaultPolicyVersion', { PolicyArn: BASIC, VersionId: 'v1' }),
      () => send('TagPolicy', { PolicyArn: BASIC, Tags: [{ Key: 'a', Value: 'b' }] }),
      () => send('UntagPolicy', { PolicyArn: BASIC, TagKeys: ['a'] }),
    ]
    for (const call of calls) await refuses(call(), 'AccessDenied', /managed by AWS/)
  })

  test('that we do not have are not there', async (t) => {
    const { send } = await iam(t)
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonNothingFullAccess'
    await refuses(
      send('GetPolicy', { PolicyArn }),
      'NoSuchEntityException',
      `Policy ${PolicyArn} was not found.`,
    )
  })
})

describe('ListPolicies', () => {
  test('tells those of AWS from one’s own', async (t) => {
    const { send } = await withPolicy(t)
    const names = async (input: Parameters<typeof send<'ListPolicies'>>[1]) =>
      (await send('ListPolicies', input)).Policies?.map((policy) => policy.PolicyName)
    assert.deepEqual(await names({ Scope: 'Local' }), ['p'])
    assert.ok((await names({ Scope: 'AWS' }))?.includes('AWSLambdaRole'))
    assert.ok((await names({}))?.includes('p'))
    assert.deepEqual(await names({ OnlyAttached: true }), [])
    assert.deepEqual(await names({ Scope: 'Local', PathPrefix: '/other/' }), [])

    await send('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST, PermissionsBoundary: BASIC })
    await send('AttachRolePolicy', { RoleName: 'r', PolicyArn: ARN })
    assert.deepEqual(await names({ OnlyAttached: true }), ['p'])
    assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsPolicy' }), ['p'])
    assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsBoundary' }), [
      'AWSLambdaBasicExecutionRole',
    ])
  })

  test('comes in pages without loss', async (t) => {
    const { send } = await withPolicy(t)
    const all = (await send('ListPolicies', {})).Policies?.map((policy) => policy.Arn)
    const paged: unknown[] = []
    let Marker: string | undefined
    do {
      const page = await send('ListPolicies', { MaxItems: 3, Marker })
      paged.push(...(page.Policies ?? []).map((policy) => policy.Arn))
      Marker = page.Marker
    } while (Marker !== undefined)
    assert.deepEqual(paged, all)
    await refuses(send('ListPolicies', { Marker: '%%' }), 'ValidationError', 'Invalid Marker.')
  })
})

describe('tags of policies', () => {
  test('tell keys apart by their case', async (t) => {
    const { send } = await withPolicy(t)
    await send('TagPolicy', {
      PolicyArn: ARN,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'A', Value: '2' },
      ],
    })
    const { Tags } = await send('ListPolicyTags', { PolicyArn: ARN })
    assert.deepEqual(Tags, [
      { Key: 'A', Value: '2' },
      { Key: 'a', Value: '1' },
    ])
    await send('UntagPolicy', { PolicyArn: ARN, TagKeys: ['a'] })
    assert.deepEqual((await send('ListPolicyTags', { PolicyArn: ARN })).Tags, [{ Key: 'A', Value: '2' }])
  })

  test('of a policy that is not there are refused', async (t) => {
    const { send } = await withPolicy(t)
    const calls = [
      () => send('TagPolicy', { PolicyArn: NONE, Tags: [] }),
      () => send('UntagPolicy', { PolicyArn: NONE, TagKeys: [] }),
      () => send('ListPolicyTags', { PolicyArn: NONE }),
    ]
    for (const call of calls) await refuses(call(), 'NoSuchEntityException', `Policy ${NONE} was not found.`)
  })
})

describe('ListEntitiesForPolicy', () => {
  test('names the roles that have the policy, or are bounded by it', async (t) => {
    const { send } = await withPolicy(t)
    await send('CreateRole', { RoleName: 'a', AssumeRolePolicyDocument: TRUST })
    await send('AttachRolePolicy', { RoleName: 'a', PolicyArn: ARN })
    await send('CreateRole', { RoleName: 'b', AssumeRolePolicyDocument: TRUST, PermissionsBoundary: ARN })
    const names = async (input: object) =>
      (await send('ListEntitiesForPolicy', { PolicyArn: ARN, ...input })).PolicyRoles?.map(
        (role) => role.RoleName,
      )
    assert.deepEqual(await names({}), ['a', 'b'])
    assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsBoundary' }), ['b'])
    assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsPolicy' }), ['a'])
    assert.deepEqual(await names({ EntityFilter: 'User' }), [])
    assert.deepEqual(await names({ PathPrefix: '/x/' }), [])
  })

  test('of a policy that is not there is refused', async (t) => {
    const { send } = await iam(t)
    await refuses(
      send('ListEntitiesForPolicy', { PolicyArn: NONE }),
      'NoSuchEntityException',
      `Policy ${NONE} was not found.`,
    )
  })
})
