import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { type Daemon, dataFolder, startDaemon } from './support/daemon.ts'
import { appLayer, baseLayer, digestOf, noImages, testImage, testRegistry } from './support/image.ts'
import { CREDENTIALS, ROLE } from './support/platform.ts'

test('kill -9 during a pull leaves whole layers or nothing, and the next start pulls on', {
  skip: noImages,
}, async (t) => {
  const data = await dataFolder(t)
  const registry = await testRegistry(t)
  const image = testImage([baseLayer(), appLayer('whole')])
  registry.push('latest', image)
  const reached = Promise.withResolvers<void>()
  const second = image.layers[1] ?? ''
  registry.beforeBlob = async (response) => {
    if (!registry.asked.at(-1)?.endsWith(second)) return true
    const bytes = registry.blobs.get(second) as Buffer
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length / 2), () => reached.resolve())
    return false
  }

  const first = await startDaemon(t, data)
  const before = clientOf(first)
  await before.send(
    new CreateFunctionCommand({
      FunctionName: 'f',
      Role: ROLE,
      PackageType: 'Image',
      Code: { ImageUri: `${registry.host}/a` },
    }),
  )
  await reached.promise
  await first.kill()
  before.destroy()
  const blobs = () => globSync(`${data}/blobs/??/??/*`)
  for (const file of blobs()) assert.equal(digestOf(readFileSync(file)), `sha256:${path.basename(file)}`)
  assert.deepEqual(
    blobs().map((file) => `sha256:${path.basename(file)}`),
    [image.layers[0]],
  )

  registry.beforeBlob = async () => true
  const daemon = await startDaemon(t, data)
  const lambda = clientOf(daemon)
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: 'f' },
  )
  const shown = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'f' }))
  assert.equal(`sha256:${shown.CodeSha256}`, image.digest)
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'f' }))
  assert.equal(JSON.parse(Buffer.from(Payload ?? []).toString()).hello, 'whole')
  assert.equal(registry.asked.filter((url) => url.endsWith(image.layers[0] ?? '')).length, 1)
  assert.deepEqual(readdirSync(`${data}/blobs/unfinished`), [])
  lambda.destroy()
  await daemon.stop()
})

function clientOf({ url }: Daemon): LambdaClient {
  return new LambdaClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 })
}
