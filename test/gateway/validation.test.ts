import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gateway } from './gateway.ts'

const FUNCTIONS = '/2015-03-31/functions'
const valid = {
  FunctionName: 'f',
  Role: 'arn:aws:iam::123456789012:role/r',
  Code: { ZipFile: 'UEsFBg==' },
}

async function lambdaWith(t: Parameters<typeof gateway>[0]) {
  const { endpoint } = await gateway(t, {
    lambda: {
      CreateFunction: () => ({}),
      CreateFunctionUrlConfig: () => ({}),
      GetFunction: () => ({}),
      ListFunctions: () => ({}),
      CreateAlias: () => ({}),
      UntagResource: () => ({}),
    },
  })
  return async (method: string, path: string, body?: unknown) => {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await fetch(`${endpoint}${path}`, { method, body: text })
    const { message, Message } = (await answer.json()) as Record<string, string>
    return `${answer.status} ${answer.headers.get('x-amzn-errortype')}: ${message ?? Message}`
  }
}

test('a valid input passes', async (t) => {
  const call = await lambdaWith(t)
  assert.match(await call('POST', FUNCTIONS, valid), /^201/)
})

test('a value that does not match its pattern is named with both', async (t) => {
  const call = await lambdaWith(t)
  assert.equal(
    await call('POST', FUNCTIONS, { ...valid, Role: 'r1' }),
    "400 ValidationException: 1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: " +
      'Member must satisfy regular expression pattern: ' +
      'arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+',
  )
})

test('what is missing is null', async (t) => {
  const call = await lambdaWith(t)
  const { Role, ...rest } = valid
  assert.equal(
    await call('POST', FUNCTIONS, rest),
    "400 ValidationException: 1 validation error detected: Value null at 'role' failed to satisfy constraint: " +
      'Member must not be null',
  )
  assert.match(
    await call('DELETE', '/2017-03-31/tags/arn:aws:lambda:us-east-1:123456789012:function:f'),
    /Value null at 'tagKeys' failed/,
  )
})

test('several errors are counted and joined', async (t) => {
  const call = await lambdaWith(t)
  assert.equal(
    await call('POST', FUNCTIONS, { ...valid, Timeout: 901, MemorySize: 1 }),
    "400 ValidationException: 2 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: " +
      "Member must have value less than or equal to 900; Value '1' at 'memorySize' failed to satisfy constraint: " +
      'Member must have value greater than or equal to 128',
  )
})

test('lists are too long, or hold what they must not', async (t) => {
  const call = await lambdaWith(t)
  assert.match(
    await call('POST', FUNCTIONS, { ...valid, Architectures: ['x86_64', 'arm64'] }),
    /Value '\[x86_64, arm64\]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1$/,
  )
  assert.match(
    await call('POST', FUNCTIONS, { ...valid, Architectures: ['mips'] }),
    /Value '\[mips\]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[x86_64, arm64\], Member must not be null\]$/,
  )
})

test('keys of maps have constraints, and what is secret is not shown', async (t) => {
  const call = await lambdaWith(t)
  assert.match(
    await call('POST', FUNCTIONS, { ...valid, Environment: { Variables: { '1bad': 'secret' } } }),
    /Value at 'environment\.variables' failed to satisfy constraint: Map keys must satisfy constraint: \[Member must satisfy regular expression pattern: \[a-zA-Z\]\(\[a-zA-Z0-9_\]\)\+, Member must not be null\]$/,
  )
})

test('members of members have a path', async (t) => {
  const call = await lambdaWith(t)
  assert.match(
    await call('POST', FUNCTIONS, { ...valid, Code: { S3Bucket: 'b' } }),
    /Value 'b' at 'code\.s3Bucket' failed to satisfy constraint: Member must have length greater than or equal to 3/,
  )
  assert.match(
    await call('POST', FUNCTIONS, { ...valid, FileSystemConfigs: [{ Arn: 'a', LocalMountPath: '/mnt/x' }] }),
    /at 'fileSystemConfigs\.1\.member\.arn' failed/,
  )
})

test('labels and query parameters are checked like the body', async (t) => {
  const call = await lambdaWith(t)
  assert.match(await call('GET', `${FUNCTIONS}/a%20b`), /Value 'a b' at 'functionName' failed/)
  assert.match(
    await call('GET', `${FUNCTIONS}?MaxItems=0`),
    /Value '0' at 'maxItems' .* greater than or equal to 1$/,
  )
  assert.match(await call('GET', `${FUNCTIONS}?MaxItems=many`), /^400 SerializationException/)
  assert.match(await call('GET', `${FUNCTIONS}/%ff`), /^400 SerializationException/)
})

test('regions of the European Sovereign Cloud are regions, as on the server', async (t) => {
  const call = await lambdaWith(t)
  const arn = 'arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:f'
  assert.match(await call('GET', `${FUNCTIONS}/${encodeURIComponent(arn)}`), /^200/)
})

test('an unknown runtime is left to the operation, which has another error for it', async (t) => {
  const call = await lambdaWith(t)
  assert.match(await call('POST', FUNCTIONS, { ...valid, Runtime: 'cobol85' }), /^201/)
})

test('what has the wrong type, or is no JSON, is a SerializationException', async (t) => {
  const call = await lambdaWith(t)
  const wrong: [unknown, RegExp][] = [
    ['{"FunctionName":', /Could not parse the request/],
    ['[]', /Start of list found where not expected/],
    ['5', /Start of structure or map expected/],
    ['null', /Start of structure or map expected/],
    [{ ...valid, FunctionName: 5 }, /NUMBER_VALUE cannot be converted to String/],
    [{ ...valid, FunctionName: { a: 1 } }, /Start of structure or map found where not expected/],
    [{ ...valid, Timeout: '3' }, /STRING_VALUE cannot be converted to Number/],
    [{ ...valid, Publish: 'yes' }, /STRING_VALUE cannot be converted to Boolean/],
    [{ ...valid, Code: 'zip' }, /STRING_VALUE cannot be converted to a structure or map/],
    [{ ...valid, Code: [] }, /Start of list found/],
    [{ ...valid, Code: { ZipFile: 5 } }, /NUMBER_VALUE cannot be converted to Blob/],
    [{ ...valid, Layers: 'l' }, /STRING_VALUE cannot be converted to a list/],
    [{ ...valid, Layers: [1] }, /NUMBER_VALUE cannot be converted to String/],
    [{ ...valid, Tags: { a: 1 } }, /NUMBER_VALUE cannot be converted to String/],
  ]
  for (const [body, text] of wrong) {
    const answer = await call('POST', FUNCTIONS, body)
    assert.match(answer, /^400 SerializationException: /, JSON.stringify(body))
    assert.match(answer, text)
  }
})

test('members named like parts of JavaScript do no harm', async (t) => {
  const call = await lambdaWith(t)
  const body = `{"FunctionName":"f","Role":"${valid.Role}","Code":{},"__proto__":{"Timeout":0},"constructor":1,
    "__type":"x","toString":2,"Tags":{"__proto__":"p","hasOwnProperty":"h"}}`
  assert.match(await call('POST', FUNCTIONS, body), /^201/)
  assert.equal(({} as Record<string, unknown>).Timeout, undefined)
})

test('each service answers with its own error', async (t) => {
  const { endpoint } = await gateway(t, {
    'cloudwatch-logs': { CreateLogGroup: () => ({}) },
    iam: { GetRole: () => ({}) },
    scheduler: { GetSchedule: () => ({}) },
  })
  const json = {
    'x-amz-target': 'Logs_20140328.CreateLogGroup',
    'content-type': 'application/x-amz-json-1.1',
  }
  const logs = await fetch(endpoint, { method: 'POST', headers: json, body: '{"logGroupName":"a b"}' })
  assert.deepEqual(await logs.json(), {
    __type: 'InvalidParameterException',
    message:
      "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: " +
      'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+',
  })
  const body = new URLSearchParams({ Action: 'GetRole', Version: '2010-05-08' })
  const iam = await (await fetch(endpoint, { method: 'POST', body })).text()
  assert.match(
    iam,
    /<Code>ValidationError<\/Code><Message>1 validation error detected: Value at &#39;roleName/,
  )
})

test('names of log groups and streams that are too long are refused in words of their own', async (t) => {
  const { endpoint } = await gateway(t, { 'cloudwatch-logs': { CreateLogStream: () => ({}) } })
  const refusal = async (body: object) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Logs_20140328.CreateLogStream',
    }
    const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) })
    const { __type, message } = (await answer.json()) as Record<string, string>
    return [answer.status, __type, message]
  }
  const name = 'x'.repeat(513)
  const own = 'Invalid LogGroup or LogStream, both must have length less than or equal to 512.'
  const code = 'InvalidParameterException'
  assert.deepEqual(await refusal({ logGroupName: name, logStreamName: 's' }), [400, code, own])
  assert.deepEqual(await refusal({ logGroupName: 'g', logStreamName: name }), [400, code, own])
  const [, , other] = await refusal({ logGroupName: 'a b', logStreamName: 's' })
  assert.match(other as string, /^1 validation error detected: Value 'a b' at 'logGroupName'/)
})
