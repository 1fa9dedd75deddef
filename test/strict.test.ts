import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { collect } from './response-stream/support.ts'
import { works } from './support/commands.ts'
import { type Platform, platform } from './support/platform.ts'

const ECHO = { 'index.mjs': 'export const handler = async (event) => event' }

describe('with --auth strict', () => {
  test('the root key works, in every client that signs', async (t) => {
    const strict = await platform(t, { auth: 'strict' })
    const name = await strict.createFunction(ECHO, {
      Role: await makeRole(t, strict, 'lambda.amazonaws.com'),
    })
    assert.deepEqual((await strict.invoke(name, { a: 1 })).payload, { a: 1 })
    assert.equal((await collect(strict.lambda, name, { a: 1 })).text, '{"a":1}')
  })

  test('nobody else is believed: a wrong secret, an unknown key, no signature', async (t) => {
    const { client, endpoint } = await platform(t, { auth: 'strict' })
    const { accessKeyId, secretAccessKey } = client.credentials
    const wrong = { accessKeyId, secretAccessKey: `${secretAccessKey}x` }
    const unknown = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey }
    await refused(t, { ...client, credentials: wrong }, 'InvalidSignatureException')
    await refused(t, { ...client, credentials: unknown }, 'UnrecognizedClientException')
    const unsigned = await fetch(`${endpoint}/2015-03-31/functions/`)
    assert.equal(unsigned.status, 403)
    assert.equal(unsigned.headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException')
  })

  test('a function needs a role that is there and trusts Lambda', async (t) => {
    const strict = await platform(t, { auth: 'strict' })
    const { lambda } = strict
    const message = 'The role defined for the function cannot be assumed by Lambda.'
    const absent = strict.createFunction(ECHO, { Role: 'arn:aws:iam::000000000000:role/absent' })
    await assert.rejects(absent, { name: 'InvalidParameterValueException', message })
    const distrustful = strict.createFunction(ECHO, { Role: await makeRole(t, strict, 'ec2.amazonaws.com') })
    await assert.rejects(distrustful, { name: 'InvalidParameterValueException', message })
    assert.deepEqual((await lambda.send(new ListFunctionsCommand({}))).Functions, [])
  })

  const boto3 = works('python3.11', '-c', 'import boto3')
  test("the credentials in a function's environment are good", {
    skip: !boto3 && 'skipped: no boto3',
  }, async (t) => {
    const strict = await platform(t, { auth: 'strict' })
    const source =
      'import boto3\ndef handler(e, c):\n    return boto3.client("sts").get_caller_identity()["Arn"]\n'
    const name = await strict.createFunction(
      { 'app.py': source },
      {
        Runtime: 'python3.11',
        Handler: 'app.handler',
        Timeout: 20,
        MemorySize: 512,
        Role: await makeRole(t, strict, 'lambda.amazonaws.com'),
      },
    )
    assert.match((await strict.invoke(name)).payload, /^arn:aws:sts::000000000000:assumed-role\/r\/f\d+$/)
  })

  test('health needs no signature, and says nothing that is secret', async (t) => {
    const { endpoint, client } = await platform(t, { auth: 'strict' })
    for (const path of ['/_lambdad/health', '/_lambdad/status', '/_localstack/health']) {
      const text = await (await fetch(`${endpoint}${path}`)).text()
      assert(!text.includes(client.credentials.secretAccessKey))
      assert(!text.includes(client.credentials.accessKeyId))
    }
  })
})

async function makeRole(t: TestContext, { client }: Platform, service: string): Promise<string> {
  const iam = new IAMClient(client)
  t.after(() => iam.destroy())
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument }))
  return Role?.Arn ?? ''
}

async function refused(t: TestContext, config: Platform['client'], name: string): Promise<void> {
  const lambda = new LambdaClient({ ...config, maxAttempts: 1 })
  t.after(() => lambda.destroy())
  await assert.rejects(lambda.send(new ListFunctionsCommand({})), { name })
}
