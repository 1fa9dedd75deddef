import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from '@aws-sdk/client-lambda'
import { platform } from './support/platform.ts'

const NODE = `console.log('loading')
export const handler = async (_event, context) => [process.env.TURN, process.uptime() * 1000, context.logStreamName]`

test('a new version of a function starts in a runtime that waited, with an init and a log stream of its own', async (t) => {
  const { lambda, createFunction, invoke } = await platform(t)
  const name = await createFunction({ 'index.mjs': NODE })
  const seen: [string | undefined, number, string][] = []
  for (let turn = 0; turn < 4; turn++) {
    const { payload, log } = await invoke(name, {}, { LogType: 'Tail' })
    seen.push(payload)
    assert.match(log ?? '', /START[\s\S]*REPORT .*Init Duration: \d+\.\d+ ms/)
    const Environment = { Variables: { TURN: `${turn}` } }
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment }))
    await waitUntilFunctionUpdatedV2(
      { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
      { FunctionName: name },
    )
    // Time for a boot; one that is not ready yet is no failure, but then nothing has waited.
    await sleep(400)
  }

  assert.deepEqual(
    seen.map(([turn]) => turn ?? null),
    [null, '0', '1', '2'],
  )
  assert.equal(new Set(seen.map(([, , stream]) => stream)).size, 4)
  const waited = seen.slice(1).filter(([, upMs]) => upMs > 200)
  assert.ok(waited.length > 0, JSON.stringify(seen))
})
