import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFunction } from '../testing.ts'
import { type VariablesInput, variablesOf } from './variables.ts'

const input: VariablesInput = {
  fn: testFunction,
  environmentId: 'e1',
  initializationType: 'on-demand',
  logStream: '2026/11/21/[$LATEST]00',
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
  endpoint: 'http://127.0.0.1:4566',
  runtimeApi: '127.0.0.1:40001',
  ofRuntime: { NODE_PATH: '/var/runtime' },
}

test('a runtime finds what AWS gives it, and where lambdad is', () => {
  assert.deepEqual(variablesOf(input), {
    AWS_LAMBDA_FUNCTION_NAME: 'f',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/f',
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/21/[$LATEST]00',
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:40001',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    _HANDLER: 'index.handler',
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PWD: '/var/task',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    LD_LIBRARY_PATH:
      '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib',
    NODE_PATH: '/var/runtime',
    LAMBDAD_RUNTIME_SOCKET: '/run/lambdad/runtime.sock',
    LAMBDAD_ENVIRONMENT: 'e1',
  })
})

test('the function’s variables replace the defaults and the runtime’s, never the reserved', () => {
  const variables = { TZ: 'x', NODE_PATH: 'y', AWS_ENDPOINT_URL: 'z', _HANDLER: 'no', AWS_REGION: 'no' }
  const { TZ, NODE_PATH, AWS_ENDPOINT_URL, _HANDLER, AWS_REGION } = variablesOf({
    ...input,
    fn: { ...testFunction, variables },
  })

  assert.deepEqual(
    [TZ, NODE_PATH, AWS_ENDPOINT_URL, _HANDLER, AWS_REGION],
    ['x', 'y', 'z', 'index.handler', 'us-east-1'],
  )
})

test('format and level of logs are there with JSON only, the execution environment not with custom runtimes', () => {
  const json = { format: 'JSON', applicationLevel: 'WARN', group: 'g' } as const
  const { AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL } = variablesOf({
    ...input,
    fn: { ...testFunction, logging: json },
  })
  assert.deepEqual([AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL], ['JSON', 'WARN'])

  const custom = variablesOf({ ...input, fn: { ...testFunction, runtime: 'provided.al2023' } })
  assert.equal('AWS_EXECUTION_ENV' in custom, false)
})
