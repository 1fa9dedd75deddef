import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, functionInput, REGION, refusal, testLambda } from './testing.ts'

const ARN = `arn:aws:elasticfilesystem:${REGION}:${ACCOUNT}:access-point/fsap-0123456789abcdef0`
const config = (Arn = ARN, LocalMountPath = '/mnt/data') => ({
  FileSystemConfigs: [{ Arn, LocalMountPath }],
})
const here = { whyNoFileSystems: () => undefined }

test('a file system is shown, kept per version, and taken away by an empty list', async (t) => {
  const { call, create, settled, lambda, retired } = await testLambda(t, here)
  await create('f', config())
  assert.deepEqual((await settled('f')).FileSystemConfigs, config().FileSystemConfigs)
  const mount = async (qualifier?: string) =>
    (await lambda.directory.resolve({ accountId: ACCOUNT, region: REGION }, 'f', qualifier)).fn
  const before = await mount()
  assert.deepEqual(before.fileSystem, { accessPoint: 'fsap-0123456789abcdef0', path: '/mnt/data' })

  await call('PublishVersion', { FunctionName: 'f' })
  await settled('f', '1')
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', Description: 'kept' })
  assert.deepEqual((await settled('f')).FileSystemConfigs, config().FileSystemConfigs)
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', ...config(ARN, '/mnt/other') })
  await settled('f')
  assert.equal((await mount()).fileSystem?.path, '/mnt/other')
  assert.ok(retired.includes(before.revision), 'its environments are replaced')
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', FileSystemConfigs: [] })
  assert.equal('FileSystemConfigs' in (await settled('f')), false)
  assert.equal((await mount()).fileSystem, undefined)

  assert.deepEqual((await settled('f', '1')).FileSystemConfigs, config().FileSystemConfigs)
  assert.equal((await mount('1')).fileSystem?.path, '/mnt/data')
})

const OTHER_ACCOUNT = ARN.replace(ACCOUNT, '999999999999')
const OTHER_REGION = ARN.replace(REGION, 'us-west-2')
const elsewhere = (arn: string) => `The access point ${arn} is not in the function's account and region.`
const S3_FILES = `arn:aws:s3files:${REGION}:${ACCOUNT}:file-system/fs-0123456789abcdef0/access-point/fsap-0123456789abcdef0`

const REFUSED: [string, ReturnType<typeof config>, string, string | RegExp][] = [
  [
    'another account’s access point',
    config(OTHER_ACCOUNT),
    'InvalidParameterValueException',
    elsewhere(OTHER_ACCOUNT),
  ],
  [
    'another region’s access point',
    config(OTHER_REGION),
    'InvalidParameterValueException',
    elsewhere(OTHER_REGION),
  ],
  [
    'an access point of S3 Files',
    config(S3_FILES),
    'InvalidParameterValueException',
    'FileSystemConfigs with an access point of S3 Files is not supported by lambdad yet.',
  ],
  [
    'an access point whose name climbs',
    config(`${ARN.slice(0, -22)}../../etc`),
    'ValidationException',
    /at 'fileSystemConfigs\.1\.member\.arn' failed/,
  ],
  ...['/mnt/..', '/mnt/.', '/mnt/', '/mnt/a/b', '/tmp/a', '/mnt/a\n'].map(
    (path): [string, ReturnType<typeof config>, string, RegExp] => [
      `the path ${JSON.stringify(path)}`,
      config(ARN, path),
      'ValidationException',
      /at 'fileSystemConfigs\.1\.member\.localMountPath' failed/,
    ],
  ),
]

for (const [what, input, code, message] of REFUSED) {
  test(`${what} is refused, when a function is created and when it is changed`, async (t) => {
    const { call, create } = await testLambda(t, here)
    await assert.rejects(
      call('CreateFunction', { ...functionInput('f'), ...input }),
      refusal(code, message, 400),
    )
    assert.deepEqual(await call('ListFunctions', {}), { Functions: [] })
    await create('f')
    await assert.rejects(
      call('UpdateFunctionConfiguration', { FunctionName: 'f', ...input }),
      refusal(code, message, 400),
    )
  })
}

test('without a folder for access points it is refused, and says how to give one', async (t) => {
  const { call } = await testLambda(t, { whyNoFileSystems: () => 'start lambdad with --file-systems.' })
  await assert.rejects(
    call('CreateFunction', { ...functionInput('f'), ...config() }),
    refusal(
      'InvalidParameterValueException',
      'FileSystemConfigs cannot be carried out: start lambdad with --file-systems.',
      400,
    ),
  )
})

test('SnapStart and a file system exclude each other', async (t) => {
  const { call } = await testLambda(t, here)
  const python = { Runtime: 'python3.12', SnapStart: { ApplyOn: 'PublishedVersions' } } as const
  await assert.rejects(
    call('CreateFunction', { ...functionInput('f'), ...python, ...config() }),
    refusal(
      'InvalidParameterValueException',
      'SnapStart is not supported for functions with FileSystemConfigs.',
      400,
    ),
  )
})
