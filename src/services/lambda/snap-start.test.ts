import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { SnapshotOutcome } from '../../wire/worker.ts'
import { refusal, testLambda } from './testing.ts'

// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html, as far as the control plane shows it.

const python = { Runtime: 'python3.12', SnapStart: { ApplyOn: 'PublishedVersions' } } as const

test('$LATEST has SnapStart applied, and is not optimized', async (t) => {
  const { create, settled } = await testLambda(t)
  await create('f', python)
  const { SnapStart, State } = await settled('f')
  assert.deepEqual(
    [SnapStart, State],
    [{ ApplyOn: 'PublishedVersions', OptimizationStatus: 'Off' }, 'Active'],
  )
})

test('a published version is Pending until its snapshot is taken, and optimized from then on', async (t) => {
  const taking = Promise.withResolvers<SnapshotOutcome>()
  const taken: FunctionVersion[] = []
  const takeSnapshot = (fn: FunctionVersion) => {
    taken.push(fn)
    return taking.promise
  }
  const { call, create, settled, lambda } = await testLambda(t, { takeSnapshot })
  await create('f', python)
  await call('PublishVersion', { FunctionName: 'f' })
  while (taken.length === 0) await new Promise(setImmediate)
  const before = await call('GetFunctionConfiguration', { FunctionName: 'f', Qualifier: '1' })
  assert.deepEqual([before.State, before.SnapStart?.OptimizationStatus], ['Pending', 'Off'])

  taking.resolve({ kind: 'taken' })
  const after = await settled('f', '1')
  assert.deepEqual(
    [after.State, after.SnapStart],
    ['Active', { ApplyOn: 'PublishedVersions', OptimizationStatus: 'On' }],
  )
  assert.deepEqual([taken[0]?.version, taken[0]?.snapStart, taken.length], ['1', true, 1])
  // What runs is what the snapshot was made of.
  const { fn } = await lambda.directory.resolve(
    { accountId: '123456789012', region: 'eu-central-1' },
    'f',
    '1',
  )
  assert.deepEqual(fn, taken[0])
})

test('where no snapshot can be made, the version is Active, and says that it is not optimized', async (t) => {
  const { call, create, settled } = await testLambda(t, {
    takeSnapshot: async () => ({ kind: 'unsupported' }),
  })
  await create('f', python)
  await call('PublishVersion', { FunctionName: 'f' })
  const { State, SnapStart } = await settled('f', '1')
  assert.deepEqual(
    [State, SnapStart],
    ['Active', { ApplyOn: 'PublishedVersions', OptimizationStatus: 'Off' }],
  )
})

test('a runtime that cannot be forked is taken, and says that it is not optimized', async (t) => {
  const { call, create, settled } = await testLambda(t, {
    takeSnapshot: async () => assert.fail('nothing to take a snapshot of'),
  })
  await create('f', { ...python, Runtime: 'java21' })
  await call('PublishVersion', { FunctionName: 'f' })
  const { State, SnapStart } = await settled('f', '1')
  assert.deepEqual(
    [State, SnapStart],
    ['Active', { ApplyOn: 'PublishedVersions', OptimizationStatus: 'Off' }],
  )
})

for (const [errorType, code] of [
  ['Runtime.ImportModuleError', 'FunctionError'],
  ['Sandbox.Timedout', 'FunctionError.InitTimeout'],
  ['Runtime.OutOfMemory', 'FunctionError.InitResourceExhausted'],
] as const) {
  test(`a version whose init fails by ${errorType} is Failed`, async (t) => {
    const takeSnapshot = async () => ({ kind: 'failed', errorType, message: 'why' }) as const
    const { call, create, settled } = await testLambda(t, { takeSnapshot })
    await create('f', python)
    await call('PublishVersion', { FunctionName: 'f' })
    const { State, StateReasonCode, StateReason } = await settled('f', '1')
    assert.deepEqual([State, StateReasonCode, StateReason], ['Failed', code, 'why'])
  })
}

test('an invocation of a version that is not ready is refused in AWS’s word for it', async (t) => {
  const never = new Promise<SnapshotOutcome>(() => {})
  const { call, create, lambda } = await testLambda(t, { takeSnapshot: () => never })
  await create('f', python)
  await call('PublishVersion', { FunctionName: 'f' })
  await assert.rejects(
    lambda.directory.resolve({ accountId: '123456789012', region: 'eu-central-1' }, 'f', '1'),
    refusal('SnapStartNotReadyException', /initializing your function/, 409),
  )
})

for (const [what, input, message] of [
  ['Node.js', { Runtime: 'nodejs22.x' }, 'nodejs22.x is not supported for SnapStart enabled functions.'],
  [
    'an older Python',
    { Runtime: 'python3.11' },
    'python3.11 is not supported for SnapStart enabled functions.',
  ],
  [
    'a custom runtime',
    { Runtime: 'provided.al2023' },
    'provided.al2023 is not supported for SnapStart enabled functions.',
  ],
  ['a larger /tmp', { EphemeralStorage: { Size: 1024 } }, /ephemeral storage/],
] as const) {
  test(`SnapStart is refused for ${what}`, async (t) => {
    const { create } = await testLambda(t)
    await assert.rejects(
      create('f', { ...python, ...input }),
      refusal('InvalidParameterValueException', message, 400),
    )
  })
}

test('it is switched on and off by updates, and only where it may be', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f', { Runtime: 'python3.12' })
  const update = (input: object) => call('UpdateFunctionConfiguration', { FunctionName: 'f', ...input })
  await update({ SnapStart: { ApplyOn: 'PublishedVersions' } })
  assert.equal((await settled('f')).SnapStart?.ApplyOn, 'PublishedVersions')
  await assert.rejects(
    update({ Runtime: 'nodejs22.x' }),
    refusal('InvalidParameterValueException', /nodejs22\.x/, 400),
  )
  await update({ SnapStart: { ApplyOn: 'None' } })
  assert.equal((await settled('f')).SnapStart?.ApplyOn, 'None')
})

test('a version with SnapStart takes no provisioned concurrency', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f', python)
  await call('PublishVersion', { FunctionName: 'f' })
  await settled('f', '1')
  await assert.rejects(
    call('PutProvisionedConcurrencyConfig', {
      FunctionName: 'f',
      Qualifier: '1',
      ProvisionedConcurrentExecutions: 1,
    }),
    refusal('InvalidParameterValueException', /SnapStart/, 400),
  )
})
