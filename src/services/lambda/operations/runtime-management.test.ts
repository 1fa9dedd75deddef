import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runtimeVersionArn } from '../runtime.ts'
import { arnOf, REGION, refusal, SCOPE, testLambda, zipOf } from '../testing.ts'

const INVALID = 'InvalidParameterValueException'
const of = { FunctionName: 'f' }
const arnFor = (version?: string) => runtimeVersionArn('nodejs22.x', REGION, version)

/** Two versions of Node.js 22, to which a test may add. */
function machine() {
  const versions = ['22.9.0', '22.1.0']
  return { versions, runtimeVersions: async (runtime: string) => (runtime === 'nodejs22.x' ? versions : []) }
}

test('Manual pins the version that an ARN names, and Auto lets it go', async (t) => {
  const { call, create, lambda, retired, settled } = await testLambda(t, machine())
  await create('f', { Runtime: 'nodejs22.x' })
  const { fn: before } = await lambda.directory.resolve(SCOPE, 'f')
  assert.equal(before.runtimeVersion, undefined)
  const Manual = { ...of, UpdateRuntimeOn: 'Manual', RuntimeVersionArn: arnFor('22.1.0') } as const
  const shown = {
    UpdateRuntimeOn: 'Manual',
    FunctionArn: arnOf('f:$LATEST'),
    RuntimeVersionArn: arnFor('22.1.0'),
  }
  assert.deepEqual(await call('PutRuntimeManagementConfig', Manual), shown)
  assert.deepEqual(await call('GetRuntimeManagementConfig', of), shown)
  assert.equal((await settled('f')).RuntimeVersionConfig?.RuntimeVersionArn, arnFor('22.1.0'))
  const { fn: pinned } = await lambda.directory.resolve(SCOPE, 'f')
  assert.equal(pinned.runtimeVersion, '22.1.0')
  assert.deepEqual(retired, [before.revision], 'environments of the other version are let go')

  await call('PutRuntimeManagementConfig', { ...of, UpdateRuntimeOn: 'Auto' })
  assert.equal((await lambda.directory.resolve(SCOPE, 'f')).fn.runtimeVersion, undefined)
  const auto = { UpdateRuntimeOn: 'Auto', FunctionArn: arnOf('f:$LATEST') }
  assert.deepEqual(await call('GetRuntimeManagementConfig', of), auto)
})

test('what a function on Auto shows as its version can be pinned: it is the newest', async (t) => {
  const { call, create, lambda, settled } = await testLambda(t, machine())
  await create('f', { Runtime: 'nodejs22.x' })
  const RuntimeVersionArn = (await settled('f')).RuntimeVersionConfig?.RuntimeVersionArn
  await call('PutRuntimeManagementConfig', { ...of, UpdateRuntimeOn: 'Manual', RuntimeVersionArn })
  assert.equal((await lambda.directory.resolve(SCOPE, 'f')).fn.runtimeVersion, '22.9.0')
})

test('on FunctionUpdate a newer version comes with the next update, and not before', async (t) => {
  const { versions, runtimeVersions } = machine()
  const { call, create, lambda, settled } = await testLambda(t, { runtimeVersions })
  await create('f', { Runtime: 'nodejs22.x' })
  const version = async () => (await lambda.directory.resolve(SCOPE, 'f')).fn.runtimeVersion
  await call('PutRuntimeManagementConfig', { ...of, UpdateRuntimeOn: 'FunctionUpdate' })
  assert.equal(await version(), '22.9.0')
  versions.unshift('22.10.0')
  assert.equal(await version(), '22.9.0')
  await call('UpdateFunctionConfiguration', { ...of, Timeout: 9 })
  await settled('f')
  assert.equal(await version(), '22.10.0')
  versions.unshift('22.11.0')
  await call('UpdateFunctionCode', { ...of, ZipFile: zipOf('1') })
  await settled('f')
  assert.equal(await version(), '22.11.0')
})

test('on FunctionUpdate nothing is pinned while the machine lacks the runtime', async (t) => {
  const versions: string[] = []
  const { call, create, lambda, settled } = await testLambda(t, { runtimeVersions: async () => versions })
  await create('f')
  const put = await call('PutRuntimeManagementConfig', { ...of, UpdateRuntimeOn: 'FunctionUpdate' })
  assert.equal(put.UpdateRuntimeOn, 'FunctionUpdate')
  const version = async () => (await lambda.directory.resolve(SCOPE, 'f')).fn.runtimeVersion
  assert.equal(await version(), undefined)
  versions.push('22.1.0')
  await call('UpdateFunctionConfiguration', { ...of, Timeout: 9 })
  await settled('f')
  assert.equal(await version(), '22.1.0')
})

test('a published version has what $LATEST had, and is set by itself', async (t) => {
  const { call, create, lambda, settled } = await testLambda(t, machine())
  await create('f', { Runtime: 'nodejs22.x' })
  await call('PutRuntimeManagementConfig', {
    ...of,
    UpdateRuntimeOn: 'Manual',
    RuntimeVersionArn: arnFor('22.1.0'),
  })
  await call('PublishVersion', of)
  await settled('f', '1')
  await call('PutRuntimeManagementConfig', { ...of, UpdateRuntimeOn: 'Auto' })
  const first = await call('GetRuntimeManagementConfig', { ...of, Qualifier: '1' })
  assert.deepEqual(first, {
    UpdateRuntimeOn: 'Manual',
    FunctionArn: arnOf('f:1'),
    RuntimeVersionArn: arnFor('22.1.0'),
  })
  assert.equal((await lambda.directory.resolve(SCOPE, 'f', '1')).fn.runtimeVersion, '22.1.0')
})

const REFUSED: [string, object, string][] = [
  [
    'Manual without a version',
    { UpdateRuntimeOn: 'Manual' },
    'RuntimeVersionArn must be given with UpdateRuntimeOn Manual.',
  ],
  [
    'a version with Auto',
    { UpdateRuntimeOn: 'Auto', RuntimeVersionArn: arnFor('22.1.0') },
    'RuntimeVersionArn cannot be given with UpdateRuntimeOn Auto.',
  ],
  [
    'a version that is not there',
    { UpdateRuntimeOn: 'Manual', RuntimeVersionArn: arnFor('22.2.0') },
    `There is no version of the runtime nodejs22.x with the ARN ${arnFor('22.2.0')} on this machine.`,
  ],
]
for (const [what, input, message] of REFUSED) {
  test(`${what} is refused`, async (t) => {
    const { call, create, settled } = await testLambda(t, machine())
    await create('f', { Runtime: 'nodejs22.x' })
    const before = await settled('f')
    await assert.rejects(
      call('PutRuntimeManagementConfig', { ...of, UpdateRuntimeOn: undefined, ...input }),
      refusal(INVALID, message, 400),
    )
    assert.deepEqual(await settled('f'), before)
  })
}

test('a runtime of one’s own, or one that is pinned, is not changed', async (t) => {
  const { call, create } = await testLambda(t, machine())
  await create('own', { Runtime: 'provided.al2023' })
  await assert.rejects(
    call('PutRuntimeManagementConfig', { FunctionName: 'own', UpdateRuntimeOn: 'FunctionUpdate' }),
    { code: INVALID },
  )
  await create('f', { Runtime: 'nodejs22.x' })
  await call('PutRuntimeManagementConfig', {
    ...of,
    UpdateRuntimeOn: 'Manual',
    RuntimeVersionArn: arnFor('22.1.0'),
  })
  await assert.rejects(
    call('UpdateFunctionConfiguration', { ...of, Runtime: 'nodejs24.x' }),
    refusal(
      INVALID,
      'The runtime cannot be changed while its version is set by UpdateRuntimeOn Manual: set it to Auto or FunctionUpdate first.',
      400,
    ),
  )
})

test('a function that nobody has set is on Auto; one that is not there has nothing', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  assert.deepEqual(await call('GetRuntimeManagementConfig', of), {
    UpdateRuntimeOn: 'Auto',
    FunctionArn: arnOf('f:$LATEST'),
  })
  const missing = { FunctionName: 'g', UpdateRuntimeOn: 'Auto' } as const
  const notFound = { code: 'ResourceNotFoundException', status: 404 }
  await assert.rejects(call('PutRuntimeManagementConfig', missing), notFound)
  await assert.rejects(call('GetRuntimeManagementConfig', missing), notFound)
})
