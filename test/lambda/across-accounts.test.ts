import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lambda } from '@aws-sdk/client-lambda'
import { platform } from '../support/platform.ts'

const WHO = { 'index.mjs': 'export const handler = async (event, context) => context.invokedFunctionArn' }

// Developer Guide, "Granting Lambda function access to other accounts".
test('another account invokes the alias that it was granted, and nothing else of the function', async (t) => {
  const p = await platform(t)
  const FunctionName = await p.createFunction(WHO, { Publish: true })
  const credentials = { accessKeyId: '222222222222', secretAccessKey: 'x' }
  const owner = new Lambda(p.client)
  const other = new Lambda({ ...p.client, credentials })
  t.after(() => {
    owner.destroy()
    other.destroy()
  })
  const { AliasArn = '' } = await owner.createAlias({ FunctionName, Name: 'prod', FunctionVersion: '1' })
  const refused = {
    name: 'AccessDeniedException',
    message: /is not authorized to perform: lambda:InvokeFunction/,
  }
  await assert.rejects(other.invoke({ FunctionName: AliasArn }), refused)
  await owner.addPermission({
    FunctionName: `${FunctionName}:prod`,
    StatementId: 'xaccount',
    Action: 'lambda:InvokeFunction',
    Principal: '222222222222',
  })
  const { Payload, ExecutedVersion } = await other.invoke({ FunctionName: AliasArn })
  assert.deepEqual(JSON.parse(Payload?.transformToString() ?? ''), AliasArn)
  assert.equal(ExecutedVersion, '1')
  const accepted = await other.invoke({ FunctionName: AliasArn, InvocationType: 'Event' })
  assert.equal(accepted.StatusCode, 202)
  const { EventStream = [] } = await other.invokeWithResponseStream({ FunctionName: AliasArn })
  const [chunk] = await Array.fromAsync(EventStream)
  assert.equal(Buffer.from(chunk?.PayloadChunk?.Payload ?? []).toString(), JSON.stringify(AliasArn))
  await assert.rejects(other.invoke({ FunctionName: AliasArn.replace(/:prod$/, '') }), refused)
  await assert.rejects(other.invoke({ FunctionName: `${FunctionName}:prod` }), {
    name: 'ResourceNotFoundException',
  })
})
