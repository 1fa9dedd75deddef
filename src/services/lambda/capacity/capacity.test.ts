import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../../base/clock.ts'
import {
  ACCOUNT,
  arnOf,
  functionInput,
  HOST,
  REGION,
  ROLE,
  refusal,
  SCOPE,
  type TestLambda,
  testLambda,
  zipOf,
} from '../testing.ts'
import type { LambdaInput } from '../types.ts'

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:capacity-provider:p`
const PROVIDER = {
  CapacityProviderName: 'p',
  VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
  PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
}
const P = { CapacityProviderName: 'p' }

// AWS Lambda API Reference, "CreateCapacityProvider" and its neighbours.

test('a provider is made, shown, changed, listed and deleted', async (t) => {
  const { call } = await testLambda(t)
  const made = await call('CreateCapacityProvider', {
    ...PROVIDER,
    InstanceRequirements: { Architectures: [HOST] },
    CapacityProviderScalingConfig: { MaxVCpuCount: 8 },
  })
  assert.partialDeepStrictEqual(made.CapacityProvider, {
    CapacityProviderArn: ARN,
    State: 'Pending',
    VpcConfig: PROVIDER.VpcConfig,
    PermissionsConfig: PROVIDER.PermissionsConfig,
    InstanceRequirements: { Architectures: [HOST] },
    CapacityProviderScalingConfig: { MaxVCpuCount: 8, ScalingMode: 'Auto' },
  })
  const { CapacityProvider: shown } = await call('GetCapacityProvider', { CapacityProviderName: ARN })
  assert.equal(shown?.State, 'Active')
  const scaled = { CapacityProviderScalingConfig: { MaxVCpuCount: 16 } }
  const changed = await call('UpdateCapacityProvider', { ...P, ...scaled })
  assert.equal(changed.CapacityProvider?.CapacityProviderScalingConfig?.MaxVCpuCount, 16)
  const { CapacityProviders: all = [] } = await call('ListCapacityProviders', {})
  assert.deepEqual(
    all.map(({ CapacityProviderArn }) => CapacityProviderArn),
    [ARN],
  )
  assert.deepEqual((await call('ListCapacityProviders', { State: 'Failed' })).CapacityProviders, [])
  assert.equal((await call('DeleteCapacityProvider', P)).CapacityProvider?.State, 'Deleting')
  await assert.rejects(
    call('GetCapacityProvider', P),
    refusal('ResourceNotFoundException', `Capacity provider not found: ${ARN}`, 404),
  )
})

test('one that is there already, or is not there, is refused', async (t) => {
  const { call } = await testLambda(t)
  const missing = { code: 'ResourceNotFoundException' }
  await assert.rejects(call('UpdateCapacityProvider', P), missing)
  await assert.rejects(call('DeleteCapacityProvider', P), missing)
  await assert.rejects(call('ListFunctionVersionsByCapacityProvider', P), missing)
  await call('CreateCapacityProvider', PROVIDER)
  await assert.rejects(call('CreateCapacityProvider', PROVIDER), { code: 'ResourceConflictException' })
  const elsewhere = `arn:aws:lambda:us-east-2:${ACCOUNT}:capacity-provider:p`
  await assert.rejects(call('GetCapacityProvider', { CapacityProviderName: elsewhere }), missing)
})

const UNSUPPORTED: [string, Partial<LambdaInput<'CreateCapacityProvider'>>][] = [
  ['KmsKeyArn', { KmsKeyArn: 'arn:aws:kms:us-east-1:1:key/k' }],
  ['PropagateTags', { PropagateTags: { Mode: 'None' } as never }],
  ['TelemetryConfig', { TelemetryConfig: {} }],
  [
    'InstanceRequirements.AllowedInstanceTypes',
    { InstanceRequirements: { AllowedInstanceTypes: ['m7g.large'] } },
  ],
  [
    'InstanceRequirements.ExcludedInstanceTypes',
    { InstanceRequirements: { ExcludedInstanceTypes: ['t3.*'] } },
  ],
  ['ScalingMode Manual', { CapacityProviderScalingConfig: { ScalingMode: 'Manual' } }],
  ['ScalingPolicies', { CapacityProviderScalingConfig: { ScalingPolicies: [{} as never] } }],
]
for (const [what, input] of UNSUPPORTED)
  test(`${what} of a provider is refused by name`, async (t) => {
    const { call } = await testLambda(t)
    await assert.rejects(
      call('CreateCapacityProvider', { ...PROVIDER, ...input }),
      refusal('InvalidParameterValueException', `${what} is not supported by lambdad yet.`, 400),
    )
    assert.deepEqual((await call('ListCapacityProviders', {})).CapacityProviders, [])
  })

test('a provider has tags', async (t) => {
  const { call } = await testLambda(t)
  await assert.rejects(
    call('ListTags', { Resource: ARN }),
    refusal('ResourceNotFoundException', `Capacity provider not found: ${ARN}`, 404),
  )
  await call('CreateCapacityProvider', { ...PROVIDER, Tags: { a: '1' } })
  await call('TagResource', { Resource: ARN, Tags: { b: '2' } })
  await call('UntagResource', { Resource: ARN, TagKeys: ['a'] })
  assert.deepEqual(await call('ListTags', { Resource: ARN }), { Tags: { b: '2' } })
})

test('a function on a provider has AWS’s defaults, and $LATEST is there to be published', async (t) => {
  const lambda = await withProvider(t)
  await createManaged(lambda)
  const shown = await lambda.call('GetFunctionConfiguration', { FunctionName: 'f' })
  assert.equal(shown.MemorySize, 2048)
  assert.equal(shown.LoggingConfig?.LogFormat, 'JSON')
  assert.deepEqual(shown.CapacityProviderConfig, {
    LambdaManagedInstancesCapacityProviderConfig: {
      CapacityProviderArn: ARN,
      PerExecutionEnvironmentMaxConcurrency: 64,
      ExecutionEnvironmentMemoryGiBPerVCpu: 2,
    },
  })
  const invoke = (qualifier?: string) => lambda.lambda.directory.resolve(SCOPE, 'f', qualifier)
  await assert.rejects(
    invoke(),
    refusal('NoPublishedVersionException', 'The function has no published versions available.', 400),
  )
  await assert.rejects(invoke('$LATEST'), { code: 'InvalidParameterValueException' })
})

test('what is published as $LATEST.PUBLISHED is what the name alone invokes; publishing again replaces it', async (t) => {
  const lambda = await withProvider(t)
  await createManaged(lambda)
  const published = await publishLatest(lambda)
  assert.equal(published.Version, '$LATEST.PUBLISHED')
  assert.equal(published.FunctionArn, arnOf('f:$LATEST.PUBLISHED'))
  const before = await lambda.lambda.directory.resolve(SCOPE, 'f')
  assert.equal(before.executedVersion, '$LATEST.PUBLISHED')
  assert.deepEqual(before.fn.managed, { maxConcurrency: 64, vcpus: 1 })
  await lambda.call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zipOf('new') })
  await settledManaged(lambda)
  assert.equal((await lambda.lambda.directory.resolve(SCOPE, 'f')).fn.revision, before.fn.revision)
  await publishLatest(lambda)
  const after = await lambda.lambda.directory.resolve(SCOPE, 'f')
  assert.notEqual(after.fn.revision, before.fn.revision)
  assert.equal(lambda.retired.at(-1), before.fn.revision)
})

test('versions are kept as their scaling says, within what their provider has', async (t) => {
  const lambda = await withProvider(t)
  await createManaged(lambda)
  await lambda.call('PublishVersion', { FunctionName: 'f' })
  await publishLatest(lambda)
  const scale = { min: 1, max: 15_000, provider: ARN, vcpusMax: 400 }
  await eventually(() => assert.deepEqual(lambda.ahead.managed, { 1: scale, '$LATEST.PUBLISHED': scale }))
  const scaling = { MinExecutionEnvironments: 2, MaxExecutionEnvironments: 5 }
  const one = { FunctionName: 'f', Qualifier: '1' }
  assert.deepEqual(
    await lambda.call('PutFunctionScalingConfig', { ...one, FunctionScalingConfig: scaling }),
    {
      FunctionState: 'Active',
    },
  )
  await eventually(() => assert.deepEqual(lambda.ahead.managed[1], { ...scale, min: 2, max: 5 }))
  assert.deepEqual(await lambda.call('GetFunctionScalingConfig', one), {
    FunctionArn: arnOf('f:1'),
    AppliedFunctionScalingConfig: scaling,
    RequestedFunctionScalingConfig: scaling,
  })
  await lambda.call('UpdateCapacityProvider', { ...P, CapacityProviderScalingConfig: { MaxVCpuCount: 4 } })
  await eventually(() => assert.equal(lambda.ahead.managed[1]?.vcpusMax, 4))
})

test('scaling that makes no sense, or of a function that is no managed one, is refused', async (t) => {
  const lambda = await withProvider(t)
  await createManaged(lambda)
  await publishLatest(lambda)
  await lambda.create('g', { Publish: true })
  const put = (FunctionName: string, Qualifier: string, min: number, max: number) =>
    lambda.call('PutFunctionScalingConfig', {
      FunctionName,
      Qualifier,
      FunctionScalingConfig: { MinExecutionEnvironments: min, MaxExecutionEnvironments: max },
    })
  const invalid = { code: 'InvalidParameterValueException' }
  await assert.rejects(put('f', '$LATEST.PUBLISHED', 3, 2), invalid)
  await assert.rejects(put('f', '$LATEST.PUBLISHED', 0, 0), invalid)
  await assert.rejects(put('g', '1', 1, 2), invalid)
  await assert.rejects(put('f', '7', 1, 2), { code: 'ResourceNotFoundException' })
  await assert.rejects(
    lambda.call('GetFunctionScalingConfig', { FunctionName: 'g', Qualifier: '1' }),
    invalid,
  )
})

test('the versions on a provider are listed, and it stays while there are any', async (t) => {
  const lambda = await withProvider(t)
  await createManaged(lambda)
  await publishLatest(lambda)
  await lambda.call('PublishVersion', { FunctionName: 'f' })
  await lambda.settled('f', '1')
  const { FunctionVersions } = await lambda.call('ListFunctionVersionsByCapacityProvider', P)
  assert.deepEqual(FunctionVersions, [
    { FunctionArn: arnOf('f:$LATEST.PUBLISHED'), State: 'Active' },
    { FunctionArn: arnOf('f:1'), State: 'Active' },
  ])
  await assert.rejects(lambda.call('DeleteCapacityProvider', P), { code: 'ResourceConflictException' })
  await lambda.call('DeleteFunction', { FunctionName: 'f', Qualifier: '$LATEST.PUBLISHED' })
  await lambda.call('DeleteFunction', { FunctionName: 'f' })
  await lambda.call('DeleteCapacityProvider', P)
})

const MANAGED = managed({})
const REFUSED: [string, Partial<LambdaInput<'CreateFunction'>>, string][] = [
  ['memory below 2048', { MemorySize: 1024 }, 'ValidationException'],
  ['logs as text', { LoggingConfig: { LogFormat: 'Text' } }, 'InvalidParameterValueException'],
  ['tenants', { TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } }, 'InvalidParameterValueException'],
  [
    'snapshots',
    { SnapStart: { ApplyOn: 'PublishedVersions' }, Runtime: 'python3.12' },
    'InvalidParameterValueException',
  ],
  ['a runtime without workers', { Runtime: 'ruby3.3' }, 'InvalidParameterValueException'],
  ['concurrency 0', managed({ PerExecutionEnvironmentMaxConcurrency: 0 }), 'ValidationException'],
  ['concurrency 1601', managed({ PerExecutionEnvironmentMaxConcurrency: 1601 }), 'ValidationException'],
  ['1 GiB per processor', managed({ ExecutionEnvironmentMemoryGiBPerVCpu: 1 }), 'ValidationException'],
  ['another provider', managed({ CapacityProviderArn: `${ARN}x` }), 'ResourceNotFoundException'],
  ['no provider', { CapacityProviderConfig: {} as never }, 'InvalidParameterValueException'],
]
for (const [what, input, code] of REFUSED)
  test(`a function on a provider with ${what} is refused`, async (t) => {
    const { call } = await withProvider(t)
    await assert.rejects(call('CreateFunction', { ...functionInput('f'), ...MANAGED, ...input }), { code })
    assert.deepEqual(await call('ListFunctions', {}), { Functions: [] })
  })

test('a default function gets no provider, nor $LATEST.PUBLISHED', async (t) => {
  const { call, create } = await withProvider(t)
  await create('g')
  const refused = (what: string) =>
    refusal('InvalidParameterValueException', `${what} isn't supported for Lambda Default functions.`, 400)
  await assert.rejects(
    call('UpdateFunctionConfiguration', { FunctionName: 'g', ...MANAGED }),
    refused('CapacityProviderConfig'),
  )
  const to = { PublishTo: 'LATEST_PUBLISHED' } as const
  await assert.rejects(call('PublishVersion', { FunctionName: 'g', ...to }), refused('PublishTo'))
  await assert.rejects(call('CreateFunction', { ...functionInput('h'), ...to }), refused('PublishTo'))
})

test('neither reserved nor provisioned concurrency goes with a provider', async (t) => {
  const lambda = await withProvider(t)
  await createManaged(lambda)
  await publishLatest(lambda)
  const invalid = { code: 'InvalidParameterValueException' }
  await assert.rejects(
    lambda.call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 1 }),
    invalid,
  )
  await assert.rejects(
    lambda.call('PutProvisionedConcurrencyConfig', {
      FunctionName: 'f',
      Qualifier: '$LATEST.PUBLISHED',
      ProvisionedConcurrentExecutions: 1,
    }),
    invalid,
  )
})

test('what a function asks of its provider can be changed', async (t) => {
  const lambda = await withProvider(t)
  await createManaged(lambda)
  const MemorySize = 8192
  const config = managed({ PerExecutionEnvironmentMaxConcurrency: 10 })
  await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', MemorySize, ...config })
  await settledManaged(lambda)
  await publishLatest(lambda)
  const { fn } = await lambda.lambda.directory.resolve(SCOPE, 'f')
  assert.deepEqual(fn.managed, { maxConcurrency: 10, vcpus: 4 })
})

test('after a restart the versions are kept again', async (t) => {
  const first = await withProvider(t)
  await createManaged(first)
  await publishLatest(first)
  const second = await testLambda(t, { database: first.database, blobs: first.blobs })
  await eventually(() => assert.deepEqual(Object.keys(second.ahead.managed), ['$LATEST.PUBLISHED']))
})

function managed(config: object): Pick<LambdaInput<'CreateFunction'>, 'CapacityProviderConfig'> {
  const whole = { CapacityProviderArn: ARN, ...config }
  return { CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: whole } }
}

async function withProvider(t: TestContext): Promise<TestLambda> {
  const lambda = await testLambda(t)
  await lambda.call('CreateCapacityProvider', PROVIDER)
  return lambda
}

async function createManaged(lambda: TestLambda): Promise<void> {
  await lambda.call('CreateFunction', { ...functionInput('f'), ...MANAGED })
  await settledManaged(lambda)
}

async function settledManaged({ call }: TestLambda): Promise<void> {
  await eventually(async () => {
    const shown = await call('GetFunctionConfiguration', { FunctionName: 'f' })
    assert.deepEqual([shown.State, shown.LastUpdateStatus], ['ActiveNonInvocable', 'Successful'])
  })
}

async function publishLatest({ call, settled }: TestLambda) {
  const version = await call('PublishVersion', { FunctionName: 'f', PublishTo: 'LATEST_PUBLISHED' })
  await settled('f', '$LATEST.PUBLISHED')
  return version
}

async function eventually(check: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await check()
      return
    } catch (error) {
      if (tries >= 200) throw error
      await realClock.sleep(5)
    }
  }
}
