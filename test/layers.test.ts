import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import {
  AddLayerVersionPermissionCommand,
  DeleteLayerVersionCommand,
  GetLayerVersionByArnCommand,
  ListLayersCommand,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda'
import { works } from './support/commands.ts'
import { type Platform, platform } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

const LISTENER = path.join(import.meta.dirname, 'fixtures/telemetry/extensions/telemetry-listener')
const noPython = !works('python3', '--version') && 'the extension is a Python program'

describe('layers, as an SDK client sees them', () => {
  test('a function requires a module of its layer, also from the pool and after the layer was deleted', async (t) => {
    const p = await platform(t)
    const arn = await publish(p, 'tools', {
      'nodejs/node_modules/tool/index.js': 'module.exports = "from the layer"',
    })
    const files = { 'index.cjs': 'exports.handler = async () => require("tool")' }
    const first = await p.createFunction(files, { Layers: [arn] })
    assert.equal((await p.invoke(first)).payload, 'from the layer')

    const found = await p.lambda.send(new GetLayerVersionByArnCommand({ Arn: arn }))
    const zip = await fetch(found.Content?.Location ?? '')
    assert.equal((await zip.arrayBuffer()).byteLength, found.Content?.CodeSize)
    const listed = await p.lambda.send(new ListLayersCommand({ CompatibleRuntime: 'nodejs24.x' }))
    assert.equal(listed.Layers?.[0]?.LatestMatchingVersion?.LayerVersionArn, arn)

    const second = await p.createFunction(files, { Layers: [arn] })
    await p.lambda.send(new DeleteLayerVersionCommand({ LayerName: 'tools', VersionNumber: 1 }))
    assert.equal((await p.invoke(second)).payload, 'from the layer')
    await assert.rejects(p.createFunction(files, { Layers: [arn] }), {
      name: 'InvalidParameterValueException',
      message: `Layer version ${arn} does not exist.`,
    })
  })

  test('an extension in a layer runs beside the function', { skip: noPython }, async (t) => {
    const p = await platform(t)
    const listener = await readFile(LISTENER, 'utf8')
    const arn = await publish(p, 'listener', { 'extensions/telemetry-listener': listener }, 0o100755)
    const name = await p.createFunction(
      { 'index.mjs': 'export const handler = async () => "ok"' },
      { Layers: [arn] },
    )
    const { payload, log } = await p.invoke(name, {}, { LogType: 'Tail' })
    assert.equal(payload, 'ok')
    assert.match(log ?? '', /event INVOKE/)
  })

  test('what the model does not allow is refused', async (t) => {
    const p = await platform(t)
    await assert.rejects(
      p.lambda.send(
        new AddLayerVersionPermissionCommand({
          LayerName: 'l',
          VersionNumber: 1,
          StatementId: 's',
          Action: '*',
          Principal: '*',
        }),
      ),
      {
        name: 'ValidationException',
        message:
          "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: " +
          'Member must satisfy regular expression pattern: lambda:GetLayerVersion',
      },
    )
    const gone = { name: 'ResourceNotFoundException', message: 'The resource you requested does not exist.' }
    const Arn = 'arn:aws:lambda:us-east-1:000000000000:layer:l:1'
    await assert.rejects(p.lambda.send(new GetLayerVersionByArnCommand({ Arn })), gone)
  })
})

async function publish(p: Platform, LayerName: string, files: Record<string, string>, mode?: number) {
  const { LayerVersionArn } = await p.lambda.send(
    new PublishLayerVersionCommand({
      LayerName,
      Content: { ZipFile: await zipOf(files, mode) },
      CompatibleRuntimes: ['nodejs24.x'],
    }),
  )
  return LayerVersionArn as string
}
