import assert from 'node:assert/strict'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { rawTar } from '../src/base/tar/testing.ts'
import { sandboxesHere } from '../src/worker/testing.ts'
import { appLayer, baseLayer, noImages, testImage, writeLayout } from './support/image.ts'
import { platform, ROLE } from './support/platform.ts'

const ARN = 'arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0'
const CONFIG = { FileSystemConfigs: [{ Arn: ARN, LocalMountPath: '/mnt/data' }] }
const skip = !(await sandboxesHere()).includes('bubblewrap') && 'there is no bubblewrap'

test('two functions share a file on their access point, and a third one sees nothing', {
  skip,
}, async (t) => {
  const fileSystems = await folder(t)
  const p = await platform(t, { sandbox: 'bubblewrap', fileSystems })
  const writer = await p.createFunction(
    {
      'index.mjs': `import fs from 'node:fs'
        export const handler = async (text) => fs.appendFileSync('/mnt/data/x', text)`,
    },
    CONFIG,
  )
  const python = {
    'index.py': `import os
def handler(text, context):
    if not os.path.exists('/mnt/data'): return 'nothing'
    with open('/mnt/data/x', 'r+') as file:
        before = file.read()
        file.write(text)
        return before`,
  }
  const other = await p.createFunction(python, { Runtime: 'python3.12', ...CONFIG })
  const third = await p.createFunction(python, { Runtime: 'python3.12' })

  await p.invoke(writer, 'one')
  assert.equal((await p.invoke(other, 'two')).payload, 'one')
  await p.invoke(writer, 'three')
  assert.equal((await p.invoke(other, 'four')).payload, 'onetwothree')
  assert.equal((await p.invoke(third, 'five')).payload, 'nothing')
  assert.equal(
    await readFile(`${fileSystems}/000000000000/us-east-1/${ARN.split('/')[1]}/x`, 'utf8'),
    'onetwothreefour',
  )

  const named = { FunctionName: other }
  await p.lambda.send(new UpdateFunctionConfigurationCommand({ ...named, FileSystemConfigs: [] }))
  await waitUntilFunctionUpdatedV2({ client: p.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 }, named)
  assert.equal((await p.lambda.send(new GetFunctionConfigurationCommand(named))).FileSystemConfigs, undefined)
  assert.equal((await p.invoke(other, 'six')).payload, 'nothing')
})

test('a container image has it too', { skip: noImages || skip }, async (t) => {
  const fileSystems = await folder(t)
  const layout = await folder(t)
  const shell = { name: 'bin/sh', data: await readFile(await realpath('/bin/sh')), mode: 0o755 }
  writeLayout(layout, { latest: testImage([baseLayer(), appLayer('x'), rawTar([shell])]) })
  const p = await platform(t, { sandbox: 'bubblewrap', fileSystems })
  await p.lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'image',
      Role: ROLE,
      PackageType: 'Image',
      Code: { ImageUri: `oci:${layout}` },
      ImageConfig: { EntryPoint: ['/bin/sh', '-c', 'echo of an image > /mnt/data/x; exec /app/run'] },
      ...CONFIG,
    }),
  )
  const patience = { client: p.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 }
  await waitUntilFunctionActiveV2(patience, { FunctionName: 'image' })
  assert.equal((await p.invoke('image', 1)).payload.event, 1)
  const reader = await p.createFunction(
    {
      'index.mjs': `import fs from 'node:fs'
        export const handler = async () => {
          fs.appendFileSync('/mnt/data/x', 'and a package')
          return fs.readFileSync('/mnt/data/x', 'utf8')
        }`,
    },
    CONFIG,
  )
  assert.equal((await p.invoke(reader)).payload, 'of an image\nand a package')
})

for (const [what, flags, message] of [
  ['a folder for access points', { sandbox: 'default' }, /--file-systems/],
  ['a sandbox', { sandbox: 'process', fileSystems: tmpdir() }, /plain processes/],
] as const) {
  test(`without ${what} the function is refused, not made without its files`, async (t) => {
    const p = await platform(t, flags)
    await assert.rejects(p.createFunction({ 'index.mjs': '' }, CONFIG), {
      name: 'InvalidParameterValueException',
      message,
    })
  })
}

test('AWS’s limits: one file system, an access point’s ARN, a path below /mnt', async (t) => {
  const p = await platform(t)
  const [config] = CONFIG.FileSystemConfigs
  assert.ok(config)
  for (const [FileSystemConfigs, message] of [
    [[config, config], /fileSystemConfigs' failed .*length less than or equal to 1/],
    [[{ ...config, Arn: ARN.replace('fsap-', 'fs-') }], /fileSystemConfigs\.1\.member\.arn' failed/],
    [[{ ...config, LocalMountPath: '/data' }], /fileSystemConfigs\.1\.member\.localMountPath' failed/],
    [[{ ...config, LocalMountPath: '/mnt/..' }], /fileSystemConfigs\.1\.member\.localMountPath' failed/],
  ] as const) {
    await assert.rejects(
      p.createFunction({ 'index.mjs': '' }, { FileSystemConfigs: [...FileSystemConfigs] }),
      (error: Error) => {
        assert.equal(error.name, 'ValidationException')
        assert.match(error.message, message)
        return true
      },
    )
  }
})

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'file-systems-'))
  t.after(() => rm(made, { recursive: true }))
  return made
}
