import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { works } from './support/commands.ts'
import { platform } from './support/platform.ts'

describe('an environment, from inside', () => {
  test("the function's role calls AWS's APIs at lambdad", async (t) => {
    const { createFunction, invoke } = await platform(t)
    const source = `export const handler = async () => {
        const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_REGION } = process.env
        const response = await fetch(AWS_ENDPOINT_URL, {
          method: 'POST',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'x-amz-security-token': AWS_SESSION_TOKEN,
            authorization: 'AWS4-HMAC-SHA256 Credential=' + AWS_ACCESS_KEY_ID + '/20260101/' + AWS_REGION + '/sts/aws4_request, SignedHeaders=host, Signature=0',
          },
          body: 'Action=GetCallerIdentity&Version=2011-06-15',
        })
        return response.text()
      }`
    const name = await createFunction({ 'index.mjs': source })
    const { payload } = await invoke(name)
    assert.match(payload, /<Arn>arn:aws:sts::000000000000:assumed-role\/lambda-exec-role\/f\d+<\/Arn>/)
  })

  const boto3 = works('python3', '-c', 'import boto3')
  test('boto3 needs no configuration', { skip: !boto3 && 'skipped: no python3 with boto3' }, async (t) => {
    const { createFunction, invoke } = await platform(t)
    const source = `import boto3
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]
`
    const options = { Runtime: 'python3.11', Handler: 'app.handler', Timeout: 20, MemorySize: 512 } as const
    const name = await createFunction({ 'app.py': source }, options)
    assert.match((await invoke(name)).payload, /:assumed-role\/lambda-exec-role\//)
  })

  test("it finds AWS's variables, and its owner's", async (t) => {
    const { createFunction, invoke } = await platform(t)
    const variables = { COLOUR: 'red', LANG: 'de_DE.UTF-8' }
    const name = await createFunction(
      { 'index.mjs': 'export const handler = async () => process.env' },
      { Environment: { Variables: variables }, MemorySize: 192 },
    )
    const { payload } = await invoke(name)
    const expected = {
      ...variables,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '192',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_REGION: 'us-east-1',
      _HANDLER: 'index.handler',
      TZ: ':UTC',
    }
    for (const [variable, value] of Object.entries(expected)) assert.equal(payload[variable], value, variable)
    assert.match(
      payload._X_AMZN_TRACE_ID,
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01];Lineage=1:[0-9a-f]{8}:0$/,
    )
  })

  test("a caller's trace goes on in the function", async (t) => {
    const { createFunction, endpoint, lambda, invoke } = await platform(t)
    const name = await createFunction({
      'index.mjs': 'export const handler = async () => process.env._X_AMZN_TRACE_ID',
    })
    await invoke(name)
    const answer = await fetch(`${endpoint}/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      headers: {
        'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0',
      },
    })
    lambda.destroy()
    assert.match(
      await answer.text(),
      /^"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:/,
    )
  })

  test('its code cannot be changed, and /tmp is its own', async (t) => {
    const { createFunction, invoke, running } = await platform(t)
    if (!running.announcement.includes('bubblewrap')) return t.skip('skipped: no sandbox on this machine')
    const name = await createFunction({
      'index.mjs': `import { readdirSync, writeFileSync } from 'node:fs'
        export const handler = async () => {
          let refused
          try { writeFileSync('/var/task/index.mjs', '') } catch (error) { refused = error.code }
          const before = readdirSync('/tmp')
          writeFileSync('/tmp/mine', 'x')
          return { refused, before, uid: process.getuid() }
        }`,
    })
    const { payload } = await invoke(name)
    assert.equal(payload.refused, 'EROFS')
    assert.deepEqual(payload.before, [])
    assert.notEqual(payload.uid, 0)
    assert.deepEqual((await invoke(name)).payload.before, ['mine'])
  })
})

describe('a client that goes away', () => {
  test('during an invocation leaves an environment that serves the next one', async (t) => {
    const { createFunction, endpoint, invoke, running } = await platform(t)
    const name = await createFunction({
      'index.mjs': `let n = 0
        export const handler = async ({ wait }) => {
          n++
          if (wait) await new Promise((resolve) => setTimeout(resolve, wait))
          return n
        }`,
    })
    await invoke(name, {})
    const going = request(`${endpoint}/2015-03-31/functions/${name}/invocations`, { method: 'POST' })
    going.on('error', () => {})
    going.end('{"wait":200}')
    await new Promise((resolve) => setTimeout(resolve, 50))
    going.destroy()
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal((await invoke(name, {})).payload, 3)
    assert.deepEqual(running.counts(), { environments: 1, idle: 1, starting: 0, waiting: 0 })
  })

  test('in the middle of its event starts nothing', async (t) => {
    const { createFunction, endpoint, invoke, running } = await platform(t)
    const name = await createFunction({ 'index.mjs': 'export const handler = async () => "ran"' })
    const headers = { 'content-length': 1000 }
    const going = request(`${endpoint}/2015-03-31/functions/${name}/invocations`, { method: 'POST', headers })
    going.on('error', () => {})
    going.write('{"half":')
    await new Promise((resolve) => setTimeout(resolve, 50))
    going.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(running.counts().environments, 0)
    assert.equal((await invoke(name)).payload, 'ran')
  })
})
