import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateAliasCommand,
  InvokeCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { platform } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

const ECHO = { 'index.mjs': 'export const handler = async (event) => event' }

describe('what a caller of Invoke sees', () => {
  test('a result comes back as it was returned, with the version that ran', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(ECHO)
    const event = { text: 'Grüße \u{1F600}', nested: [1, 2.5, null, true] }
    const { status, payload, executedVersion, functionError } = await invoke(name, event)
    assert.deepEqual(
      { status, payload, executedVersion, functionError },
      {
        status: 200,
        payload: event,
        executedVersion: '$LATEST',
        functionError: undefined,
      },
    )
  })

  test('without a payload the handler gets an empty object, and no result is null', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({
      'index.mjs':
        'export const handler = async (event) => (Object.keys(event).length === 0 ? undefined : 1)',
    })
    assert.equal((await invoke(name)).payload, null)
  })

  test('the second invocation finds what the first one kept at module scope', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({ 'index.mjs': 'let n = 0\nexport const handler = async () => ++n' })
    assert.deepEqual([(await invoke(name)).payload, (await invoke(name)).payload], [1, 2])
  })

  test('one environment has one event at a time', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({
      'index.mjs': `let running = 0
        export const handler = async () => {
          running++
          await new Promise((resolve) => setTimeout(resolve, 50))
          return running--
        }`,
    })
    const results = await Promise.all([1, 2, 3].map(() => invoke(name)))
    assert.deepEqual(
      results.map(({ payload }) => payload),
      [1, 1, 1],
    )
  })

  test('an error that the handler throws is a function error with type, message and trace', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({
      'index.mjs': 'export const handler = async () => { throw new RangeError("too far") }',
    })
    const { status, functionError, payload } = await invoke(name)
    assert.equal(status, 200)
    assert.equal(functionError, 'Unhandled')
    assert.equal(payload.errorType, 'RangeError')
    assert.equal(payload.errorMessage, 'too far')
    assert.match(payload.trace[0], /^RangeError: too far$/)
  })

  test('a Python error has its stack trace and the request id', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(
      { 'app.py': 'def handler(event, context):\n    raise ValueError("no good")\n' },
      { Runtime: 'python3.11', Handler: 'app.handler' },
    )
    const { payload, requestId } = await invoke(name)
    assert.equal(payload.errorType, 'ValueError')
    assert.equal(payload.errorMessage, 'no good')
    assert.equal(payload.requestId, requestId)
    assert.match(payload.stackTrace.join(''), /app\.py/)
  })

  test('a function that runs over its timeout is ended, and the next one starts afresh', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(
      {
        'index.mjs': `export const handler = async ({ wait }) => {
          if (wait) await new Promise((resolve) => setTimeout(resolve, 60000))
          return 'done'
        }`,
      },
      { Timeout: 1 },
    )
    const { functionError, payload, requestId } = await invoke(name, { wait: true })
    assert.equal(functionError, 'Unhandled')
    assert.deepEqual(payload, {
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    })
    assert.equal((await invoke(name, {})).payload, 'done')
  })

  test('a runtime that exits is a Runtime.ExitError with its status', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(
      { 'app.py': 'import os\ndef handler(event, context):\n    os._exit(event["code"])\n' },
      { Runtime: 'python3.11', Handler: 'app.handler' },
    )
    const crashed = await invoke(name, { code: 7 })
    assert.deepEqual(crashed.payload, {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${crashed.requestId} Error: Runtime exited with error: exit status 7`,
    })
    const left = await invoke(name, { code: 0 })
    assert.deepEqual(left.payload, {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${left.requestId} Error: Runtime exited without providing a reason`,
    })
  })

  test('code that cannot be loaded is an error of every invocation, not of CreateFunction', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const missing = await createFunction({ 'other.mjs': '' })
    assert.equal((await invoke(missing)).payload.errorType, 'Runtime.ImportModuleError')
    assert.equal((await invoke(missing)).payload.errorType, 'Runtime.ImportModuleError')
    const noHandler = await createFunction({ 'index.mjs': 'export const other = 1' })
    assert.equal((await invoke(noHandler)).payload.errorType, 'Runtime.HandlerNotFound')
  })

  test('an exception at module scope of Python is an error without a request id', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(
      { 'app.py': 'import os\nos.environ["NOT_THERE"]\ndef handler(event, context):\n    pass\n' },
      { Runtime: 'python3.11', Handler: 'app.handler' },
    )
    const { payload, functionError } = await invoke(name)
    assert.equal(functionError, 'Unhandled')
    assert.equal(payload.errorType, 'KeyError')
    assert.equal(payload.requestId, '')
  })

  test('a response over 6,291,556 bytes is Function.ResponseSizeTooLarge', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({
      'index.mjs': 'export const handler = async ({ size }) => "x".repeat(size)',
    })
    const tooLarge = await invoke(name, { size: 6_291_556 })
    assert.equal(tooLarge.functionError, 'Unhandled')
    assert.deepEqual(tooLarge.payload, {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    })
    assert.equal((await invoke(name, { size: 6_291_554 })).payload.length, 6_291_554)
  })

  test('memory over the limit ends the runtime', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(
      { 'app.py': 'def handler(event, context):\n    return len(bytearray(b"x") * (400 * 1024 * 1024))\n' },
      { Runtime: 'python3.11', Handler: 'app.handler', MemorySize: 128, Timeout: 10 },
    )
    const { payload, requestId, log } = await invoke(name, {}, { LogType: 'Tail' })
    assert.equal(payload.errorType, 'Runtime.OutOfMemory')
    assert.equal(
      payload.errorMessage,
      `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    )
    assert.match(log ?? '', /Status: error\tError Type: Runtime\.OutOfMemory/)
  })

  test('the tail of the log begins with START, ends with REPORT, and has the output between', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({
      'index.mjs': 'console.log("at init")\nexport const handler = async () => { console.log("at work") }',
    })
    const { log = '', requestId } = await invoke(name, {}, { LogType: 'Tail' })
    assert.match(log, new RegExp(`^START RequestId: ${requestId} Version: \\$LATEST\n`))
    assert.match(log, new RegExp(`\t${requestId}\tINFO\tat work\n`))
    assert.match(log, new RegExp(`END RequestId: ${requestId}\nREPORT RequestId: ${requestId}\tDuration: `))
    assert.match(log, /Init Duration: [\d.]+ ms\t\n$/)
  })

  test('the client context reaches the handler', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({
      'index.mjs': 'export const handler = async (event, context) => context.clientContext',
    })
    const context = { custom: { key: 'value' }, client: { installation_id: 'i' } }
    const ClientContext = Buffer.from(JSON.stringify(context)).toString('base64')
    assert.deepEqual((await invoke(name, {}, { ClientContext })).payload, context)
  })

  test('the context names the function, its version, memory, log stream and remaining time', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(
      {
        'index.mjs': `export const handler = async (event, context) => ({
          ...context, remaining: context.getRemainingTimeInMillis() })`,
      },
      { MemorySize: 256, Timeout: 5 },
    )
    const { payload, requestId } = await invoke(name)
    assert.equal(payload.functionName, name)
    assert.equal(payload.functionVersion, '$LATEST')
    assert.equal(payload.memoryLimitInMB, '256')
    assert.equal(payload.awsRequestId, requestId)
    assert.equal(payload.logGroupName, `/aws/lambda/${name}`)
    assert.match(payload.logStreamName, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/)
    assert.equal(payload.invokedFunctionArn, `arn:aws:lambda:us-east-1:000000000000:function:${name}`)
    assert(payload.remaining > 4000 && payload.remaining <= 5000)
  })

  test('DryRun answers 204 and runs nothing', async (t) => {
    const { createFunction, invoke, running } = await platform(t)
    const name = await createFunction(ECHO)
    const { status, payload } = await invoke(name, {}, { InvocationType: 'DryRun' })
    assert.deepEqual({ status, payload }, { status: 204, payload: undefined })
    assert.equal(running.counts().environments, 0)
  })

  test('new code serves the next invocation after the update', async (t) => {
    const { createFunction, invoke, lambda } = await platform(t)
    const name = await createFunction({ 'index.mjs': 'export const handler = async () => "old"' })
    assert.equal((await invoke(name)).payload, 'old')
    const ZipFile = await zipOf({ 'index.mjs': 'export const handler = async () => "new"' })
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile }))
    await updated(lambda, name)
    assert.equal((await invoke(name)).payload, 'new')
  })

  test('environment variables change with the configuration', async (t) => {
    const { createFunction, invoke, lambda } = await platform(t)
    const name = await createFunction(
      { 'index.mjs': 'export const handler = async () => [process.env.COLOUR, process.env.AWS_REGION]' },
      { Environment: { Variables: { COLOUR: 'red' } } },
    )
    assert.deepEqual((await invoke(name)).payload, ['red', 'us-east-1'])
    const Environment = { Variables: { COLOUR: 'blue' } }
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment }))
    await updated(lambda, name)
    assert.deepEqual((await invoke(name)).payload, ['blue', 'us-east-1'])
  })

  test('an alias draws its versions by their weights, and shows which one ran', async (t) => {
    const { createFunction, invoke, lambda } = await platform(t)
    const name = await createFunction({
      'index.mjs': 'export const handler = async (e, c) => c.functionVersion',
    })
    await lambda.send(new PublishVersionCommand({ FunctionName: name }))
    const ZipFile = await zipOf({
      'index.mjs': 'export const handler = async (e, c) => c.functionVersion + "!"',
    })
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile }))
    await updated(lambda, name)
    await lambda.send(new PublishVersionCommand({ FunctionName: name }))
    await lambda.send(
      new CreateAliasCommand({
        FunctionName: name,
        Name: 'live',
        FunctionVersion: '1',
        RoutingConfig: { AdditionalVersionWeights: { '2': 0.5 } },
      }),
    )
    const drawn = new Map<string, string>()
    for (let n = 0; n < 40; n++) {
      const { executedVersion = '', payload } = await invoke(name, {}, { Qualifier: 'live' })
      drawn.set(executedVersion, payload)
    }
    assert.deepEqual(
      new Map([...drawn].sort()),
      new Map([
        ['1', '1'],
        ['2', '2!'],
      ]),
    )
  })

  test('a bootstrap of its own serves provided.al2023 by the Runtime API', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const bootstrap = `#!/usr/bin/env python3
import json, os, urllib.request
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"
while True:
    with urllib.request.urlopen(base + "invocation/next") as event:
        request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
        body = json.dumps({"handler": os.environ["_HANDLER"], "event": json.load(event)}).encode()
    urllib.request.urlopen(base + "invocation/" + request_id + "/response", data=body).read()
`
    const name = await createFunction(
      { bootstrap },
      { Runtime: 'provided.al2023', Handler: 'x', mode: 0o100755 },
    )
    assert.deepEqual((await invoke(name, { a: 1 })).payload, { handler: 'x', event: { a: 1 } })
    assert.deepEqual((await invoke(name, { a: 2 })).payload, { handler: 'x', event: { a: 2 } })
  })
})

describe('calls that Invoke refuses', () => {
  test('an unknown function, version and alias', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function'
    await refused(
      invoke('nobody'),
      'ResourceNotFoundException',
      404,
      `Function not found: ${arn}:nobody:$LATEST`,
    )
    const name = await createFunction(ECHO)
    const version = invoke(name, {}, { Qualifier: '7' })
    await refused(version, 'ResourceNotFoundException', 404, `Function not found: ${arn}:${name}:7`)
    const alias = invoke(name, {}, { Qualifier: 'live' })
    await refused(alias, 'ResourceNotFoundException', 404, `Function not found: ${arn}:${name}:live`)
  })

  test('an event that is no JSON', async (t) => {
    const { createFunction, lambda } = await platform(t)
    const name = await createFunction(ECHO)
    for (const Payload of ['test', '{"a":', "{'a': 1}", Buffer.from([0xff, 0xfe, 0x00])]) {
      const sent = lambda.send(new InvokeCommand({ FunctionName: name, Payload }))
      await refused(sent, 'InvalidRequestContentException', 400, /^Could not parse request body into json: /)
    }
  })

  test('a client context that is no JSON object in base64', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(ECHO)
    for (const text of ['no json', '[1]', '"text"']) {
      const ClientContext = Buffer.from(text).toString('base64')
      const message = 'Client context must be a valid Base64-encoded JSON object.'
      await refused(invoke(name, {}, { ClientContext }), 'InvalidRequestContentException', 400, message)
    }
  })

  test('what the function is not made for: a tenant, a durable name', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(ECHO)
    await refused(invoke(name, {}, { TenantId: 't' }), 'InvalidParameterValueException', 400, /tenancy/)
    const durable = invoke(name, {}, { DurableExecutionName: 'd' })
    await refused(durable, 'InvalidParameterValueException', 400, /not a durable function/)
  })

  test('values outside their enumerations', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(ECHO)
    await refused(
      invoke(name, {}, { InvocationType: 'Now' as never }),
      'ValidationException',
      400,
      /at 'invocationType'/,
    )
    await refused(invoke(name, {}, { LogType: 'All' as never }), 'ValidationException', 400, /at 'logType'/)
  })

  test('an event over 6 MB', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(ECHO)
    const message = 'Request must be smaller than 6291456 bytes for the InvokeFunction operation'
    await refused(invoke(name, 'x'.repeat(6_291_456)), 'RequestEntityTooLargeException', 413, message)
  })

  test('more concurrent invocations than are reserved, with the reason', async (t) => {
    const { createFunction, invoke, lambda } = await platform(t)
    const name = await createFunction({
      'index.mjs': 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 300))',
    })
    const reserve = { FunctionName: name, ReservedConcurrentExecutions: 1 }
    await lambda.send(new PutFunctionConcurrencyCommand(reserve))
    const first = invoke(name)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await assert.rejects(invoke(name), (error: Record<string, unknown>) => {
      assert.equal(error.name, 'TooManyRequestsException')
      assert.equal(error.Reason, 'ReservedFunctionConcurrentInvocationLimitExceeded')
      return true
    })
    await first
  })

  test('a function of which no binary is on this machine says which one and how to get it', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction({ 'Main.class': '' }, { Runtime: 'java8.al2', Handler: 'Main' })
    await refused(invoke(name), 'InvalidRuntimeException', 502, /java8\.al2/)
  })
})

async function updated(lambda: Parameters<typeof waitUntilFunctionUpdatedV2>[0]['client'], name: string) {
  await waitUntilFunctionUpdatedV2(
    { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: name },
  )
}

async function refused(call: Promise<unknown>, name: string, status: number, message: string | RegExp) {
  await assert.rejects(call, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.equal(error.name, name, error.stack)
    assert.equal(error.$metadata?.httpStatusCode, status)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}
