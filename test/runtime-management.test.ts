import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetFunctionConfigurationCommand, PutRuntimeManagementConfigCommand } from '@aws-sdk/client-lambda'
import { platform } from './support/platform.ts'

test('a function that is set to the version it shows runs on it', async (t) => {
  const p = await platform(t)
  const FunctionName = await p.createFunction(
    { 'index.mjs': 'export const handler = async () => process.version' },
    { Runtime: `nodejs${process.versions.node.split('.')[0]}.x` as 'nodejs24.x' },
  )
  const { payload: newest } = await p.invoke(FunctionName)
  const { RuntimeVersionConfig } = await p.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
  const { RuntimeVersionArn } = RuntimeVersionConfig ?? {}
  const pinned = await p.lambda.send(
    new PutRuntimeManagementConfigCommand({ FunctionName, UpdateRuntimeOn: 'Manual', RuntimeVersionArn }),
  )
  assert.notEqual(pinned.RuntimeVersionArn, RuntimeVersionArn)
  const again = await p.lambda.send(
    new PutRuntimeManagementConfigCommand({
      FunctionName,
      UpdateRuntimeOn: 'Manual',
      RuntimeVersionArn: pinned.RuntimeVersionArn,
    }),
  )
  assert.equal(again.RuntimeVersionArn, pinned.RuntimeVersionArn)
  assert.equal((await p.invoke(FunctionName)).payload, newest)
})
