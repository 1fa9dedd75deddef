import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateFunctionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { ran, works } from './support/commands.ts'
import { CREDENTIALS, platform, ROLE } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

/** The function of the README: prints at module scope, and greets. */
const appPy = (greeting: string) => `import json

print("module loaded")


def lambda_handler(event, context):
    name = event.get("name", "World")
    print(f"greeting {name}")
    return {"statusCode": 200, "body": json.dumps({"message": f"${greeting}, {name}!"})}
`

const CLI_ENV = {
  ...process.env,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_PAGER: '',
}

describe("the README's flow, from an empty lambdad to a log line", () => {
  test('with the JavaScript SDK and its waiters', async (t) => {
    const { lambda, logs, invoke } = await platform(t)
    const created = await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'hello',
        Runtime: 'python3.12',
        Handler: 'app.lambda_handler',
        Timeout: 10,
        MemorySize: 256,
        Role: ROLE,
        Code: { ZipFile: await zipOf({ 'app.py': appPy('Hello') }) },
      }),
    )
    assert.equal(created.State, 'Pending')
    const waiter = { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 }
    await waitUntilFunctionActiveV2(waiter, { FunctionName: 'hello' })
    assert.deepEqual((await invoke('hello', { name: 'Tushar' })).payload, greeting('Hello, Tushar!'))

    const ZipFile = await zipOf({ 'app.py': appPy('Goodbye') })
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'hello', ZipFile }))
    await waitUntilFunctionUpdatedV2(waiter, { FunctionName: 'hello' })
    assert.deepEqual((await invoke('hello')).payload, greeting('Goodbye, World!'))

    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/hello' }))
    assertLogged(events.map(({ message }) => message).join('\n'))
  })

  test('with the aws CLI', {
    skip: !works('aws', '--version') && 'skipped: no aws CLI on this machine',
  }, async (t) => {
    const { aws, folder } = await awsCli(t)
    await writeFile(path.join(folder, 'app.py'), appPy('Hello'))
    await zip(folder)
    const created = JSON.parse(
      await aws(
        ...['lambda', 'create-function', '--function-name', 'hello', '--runtime', 'python3.12'],
        ...['--handler', 'app.lambda_handler', '--timeout', '10', '--memory-size', '256'],
        ...['--zip-file', 'fileb://function.zip', '--role', ROLE],
      ),
    )
    assert.equal(created.FunctionName, 'hello')
    const isVersion1 = (await aws('--version')).startsWith('aws-cli/1')
    const invokeHello = async () => {
      const event = ['--payload', '{"name": "Tushar"}', '--cli-binary-format', 'raw-in-base64-out']
      const flags = isVersion1 ? event.slice(0, 2) : event // version 1 knows no --cli-binary-format
      const answer = JSON.parse(
        await aws('lambda', 'invoke', '--function-name', 'hello', ...flags, 'out.json'),
      )
      assert.equal(answer.StatusCode, 200)
      return JSON.parse(await readFile(path.join(folder, 'out.json'), 'utf8'))
    }
    assert.deepEqual(await invokeHello(), greeting('Hello, Tushar!'))

    await writeFile(path.join(folder, 'app.py'), appPy('Goodbye'))
    await zip(folder)
    await aws(
      'lambda',
      'update-function-code',
      '--function-name',
      'hello',
      '--zip-file',
      'fileb://function.zip',
    )
    await aws('lambda', 'wait', 'function-updated', '--function-name', 'hello')
    assert.deepEqual(await invokeHello(), greeting('Goodbye, Tushar!'))
    const version1 = ['filter-log-events', '--output', 'text', '--log-group-name'] // it knows no `tail`
    assertLogged(await aws('logs', ...(isVersion1 ? version1 : ['tail']), '/aws/lambda/hello'))
  })

  const boto3 = works('python3', '-c', 'import boto3')
  test('with boto3', { skip: !boto3 && 'skipped: no python3 with boto3 on this machine' }, async (t) => {
    const { endpoint } = await platform(t)
    const script = path.join(import.meta.dirname, 'support', 'flow.py')
    const { code, stdout, stderr } = await ran('python3', [script, endpoint], { env: CLI_ENV })
    assert.equal(code, 0, stderr)
    assertLogged(stdout)
  })
})

function greeting(message: string) {
  return { statusCode: 200, body: JSON.stringify({ message }).replace('":"', '": "') }
}

function assertLogged(text: string): void {
  for (const expected of [
    /module loaded/,
    /greeting (Tushar|World)/,
    /START RequestId: [0-9a-f-]{36} Version: \$LATEST/,
    /END RequestId: [0-9a-f-]{36}/,
    /REPORT RequestId: [0-9a-f-]{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB/,
  ]) {
    assert.match(text, expected)
  }
}

/** A folder with the CLI in it that speaks to a lambdad of its own. */
async function awsCli(t: TestContext) {
  const { endpoint } = await platform(t)
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const aws = async (...args: string[]): Promise<string> => {
    const result = await ran('aws', [...args, '--endpoint-url', endpoint], { cwd: folder, env: CLI_ENV })
    assert.equal(result.code, 0, `aws ${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }
  return { aws, folder }
}

async function zip(folder: string): Promise<void> {
  const content = await readFile(path.join(folder, 'app.py'), 'utf8')
  await writeFile(path.join(folder, 'function.zip'), await zipOf({ 'app.py': content }))
}
