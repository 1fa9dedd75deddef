import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, functionInput } from '../../src/services/lambda/testing.ts'
import { controlPlane } from './control-plane.ts'

const NULL = 'Member must not be null'
const FN = { FunctionName: 'f' }
const alias = { ...FN, Name: 'live', FunctionVersion: '1' }
const permission = { ...FN, StatementId: 's', Action: 'lambda:InvokeFunction', Principal: '*' }
const long = 'x'.repeat(300)

/** Operation, input, and where and how it breaks the one rule that it breaks. */
const VIOLATIONS: [string, object, string, string][] = [
  ['createFunction', { ...functionInput('f'), Role: undefined }, 'role', NULL],
  [
    'createFunction',
    { ...functionInput('f'), Role: 'r1' },
    'role',
    'Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+',
  ],
  ['createFunction', { ...functionInput('f'), Code: undefined }, 'code', NULL],
  ['createFunction', { ...functionInput('f'), FunctionName: undefined }, 'functionName', NULL],
  [
    'createFunction',
    { ...functionInput('f'), Timeout: 0 },
    'timeout',
    'Member must have value greater than or equal to 1',
  ],
  [
    'createFunction',
    { ...functionInput('f'), Timeout: 901 },
    'timeout',
    'Member must have value less than or equal to 900',
  ],
  [
    'createFunction',
    { ...functionInput('f'), MemorySize: 64 },
    'memorySize',
    'Member must have value greater than or equal to 128',
  ],
  [
    'createFunction',
    { ...functionInput('f'), EphemeralStorage: { Size: 1 } },
    'ephemeralStorage.size',
    'Member must have value greater than or equal to 512',
  ],
  [
    'createFunction',
    { ...functionInput('f'), Description: long },
    'description',
    'Member must have length less than or equal to 256',
  ],
  [
    'createFunction',
    { ...functionInput('f'), Architectures: ['x86_64', 'arm64'] },
    'architectures',
    'Member must have length less than or equal to 1',
  ],
  [
    'createFunction',
    { ...functionInput('f'), PackageType: 'Tar' },
    'packageType',
    'Member must satisfy enum value set: [Zip, Image]',
  ],
  [
    'createFunction',
    { ...functionInput('f'), FunctionName: 'no spaces' },
    'functionName',
    'Member must satisfy regular expression pattern: (arn:',
  ],
  [
    'createFunction',
    { ...functionInput('f'), LoggingConfig: { LogFormat: 'XML' } },
    'loggingConfig.logFormat',
    'Member must satisfy enum value set: [JSON, Text]',
  ],
  [
    'updateFunctionConfiguration',
    { ...FN, MemorySize: 1 },
    'memorySize',
    'Member must have value greater than or equal to 128',
  ],
  [
    'updateFunctionConfiguration',
    { ...FN, Handler: 'a b' },
    'handler',
    'Member must satisfy regular expression pattern: [^\\s]+',
  ],
  [
    'updateFunctionCode',
    { ...FN, Architectures: [] },
    'architectures',
    'Member must have length greater than or equal to 1',
  ],
  [
    'getFunction',
    { ...FN, Qualifier: 'no spaces' },
    'qualifier',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'getFunctionConfiguration',
    { FunctionName: 'no!' },
    'functionName',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'deleteFunction',
    { ...FN, Qualifier: long },
    'qualifier',
    'Member must have length less than or equal to 128',
  ],
  ['listFunctions', { MaxItems: 0 }, 'maxItems', 'Member must have value greater than or equal to 1'],
  ['listFunctions', { MaxItems: 10001 }, 'maxItems', 'Member must have value less than or equal to 10000'],
  [
    'listFunctions',
    { FunctionVersion: 'SOME' },
    'functionVersion',
    'Member must satisfy enum value set: [ALL]',
  ],
  [
    'listVersionsByFunction',
    { ...FN, MaxItems: 0 },
    'maxItems',
    'Member must have value greater than or equal to 1',
  ],
  [
    'publishVersion',
    { ...FN, Description: long },
    'description',
    'Member must have length less than or equal to 256',
  ],
  ['createAlias', { ...alias, Name: undefined }, 'name', NULL],
  [
    'createAlias',
    { ...alias, Name: '12' },
    'name',
    'Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)',
  ],
  ['createAlias', { ...alias, FunctionVersion: undefined }, 'functionVersion', NULL],
  [
    'createAlias',
    { ...alias, FunctionVersion: 'one' },
    'functionVersion',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'createAlias',
    { ...alias, RoutingConfig: { AdditionalVersionWeights: { 2: 1.1 } } },
    'routingConfig.additionalVersionWeights',
    'Map value must satisfy constraint: [Member must have value less than or equal to 1',
  ],
  [
    'createAlias',
    { ...alias, RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } } },
    'routingConfig.additionalVersionWeights',
    'Map keys must satisfy constraint: [',
  ],
  [
    'updateAlias',
    { ...alias, Description: long },
    'description',
    'Member must have length less than or equal to 256',
  ],
  ['getAlias', { ...FN, Name: long }, 'name', 'Member must have length less than or equal to 128'],
  ['deleteAlias', { ...FN, Name: '7' }, 'name', 'Member must satisfy regular expression pattern: '],
  [
    'listAliases',
    { ...FN, FunctionVersion: 'v1' },
    'functionVersion',
    'Member must satisfy regular expression pattern: ',
  ],
  ['addPermission', { ...permission, StatementId: undefined }, 'statementId', NULL],
  [
    'addPermission',
    { ...permission, StatementId: 'a b' },
    'statementId',
    'Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)',
  ],
  ['addPermission', { ...permission, Action: undefined }, 'action', NULL],
  [
    'addPermission',
    { ...permission, Action: 's3:GetObject' },
    'action',
    'Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])',
  ],
  ['addPermission', { ...permission, Principal: undefined }, 'principal', NULL],
  [
    'addPermission',
    { ...permission, SourceAccount: '1' },
    'sourceAccount',
    'Member must satisfy regular expression pattern: \\d{12}',
  ],
  [
    'addPermission',
    { ...permission, PrincipalOrgID: 'x-1234567890' },
    'principalOrgID',
    'Member must satisfy regular expression pattern: o-[a-z0-9]{10,32}',
  ],
  [
    'addPermission',
    { ...permission, FunctionUrlAuthType: 'SOME' },
    'functionUrlAuthType',
    'Member must satisfy enum value set: [NONE, AWS_IAM]',
  ],
  [
    'removePermission',
    { ...FN, StatementId: 'a b' },
    'statementId',
    'Member must satisfy regular expression pattern: ',
  ],
  ['getPolicy', { ...FN, Qualifier: '!' }, 'qualifier', 'Member must satisfy regular expression pattern: '],
  ['tagResource', { Resource: arnOf('f'), Tags: undefined }, 'tags', NULL],
  [
    'tagResource',
    { Resource: 'f', Tags: { a: 'b' } },
    'resource',
    'Member must satisfy regular expression pattern: ',
  ],
  ['untagResource', { Resource: arnOf('f'), TagKeys: undefined }, 'tagKeys', NULL],
  ['listTags', { Resource: 'f' }, 'resource', 'Member must satisfy regular expression pattern: '],
  [
    'putFunctionConcurrency',
    { ...FN, ReservedConcurrentExecutions: undefined },
    'reservedConcurrentExecutions',
    NULL,
  ],
  [
    'putFunctionConcurrency',
    { ...FN, ReservedConcurrentExecutions: -1 },
    'reservedConcurrentExecutions',
    'Member must have value greater than or equal to 0',
  ],
  [
    'getFunctionConcurrency',
    { FunctionName: '!' },
    'functionName',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'deleteFunctionConcurrency',
    { FunctionName: '!' },
    'functionName',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'getFunctionCodeSigningConfig',
    { FunctionName: '!' },
    'functionName',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'getFunctionRecursionConfig',
    { FunctionName: '!' },
    'functionName',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'getRuntimeManagementConfig',
    { ...FN, Qualifier: '!' },
    'qualifier',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'getFunctionEventInvokeConfig',
    { FunctionName: '!' },
    'functionName',
    'Member must satisfy regular expression pattern: ',
  ],
  [
    'listFunctionEventInvokeConfigs',
    { ...FN, MaxItems: 51 },
    'maxItems',
    'Member must have value less than or equal to 50',
  ],
  ['getProvisionedConcurrencyConfig', { ...FN, Qualifier: undefined }, 'qualifier', NULL],
  [
    'listProvisionedConcurrencyConfigs',
    { ...FN, MaxItems: 51 },
    'maxItems',
    'Member must have value less than or equal to 50',
  ],
]

test('missing and out-of-range input is refused in the words of AWS', async (t) => {
  const { client, create, gatewayFaults } = await controlPlane(t)
  await create('f')
  for (const [operation, input, path, constraint] of VIOLATIONS) {
    await t.test(`${operation}: ${path}`, async () => {
      await assert.rejects(send(client, operation, input), (error: Error) => {
        assert.equal(error.name, 'ValidationException', error.message)
        assert.match(error.message, /^1 validation error detected: Value/)
        assert.ok(
          error.message.includes(` at '${path}' failed to satisfy constraint: ${constraint}`),
          error.message,
        )
        return true
      })
    })
  }
  assert.deepEqual(gatewayFaults, [])
})

const MISTYPED: [string, object][] = [
  ['createFunction', { ...functionInput('g'), Timeout: 'long' }],
  ['createFunction', { ...functionInput('g'), Environment: { Variables: { KEY: 5 } } }],
  ['createFunction', { ...functionInput('g'), Publish: 'yes' }],
  ['createFunction', { ...functionInput('g'), Tags: 'a' }],
  ['updateFunctionCode', { ...FN, DryRun: 'maybe' }],
  ['updateFunctionConfiguration', { ...FN, MemorySize: {} }],
  ['updateFunctionConfiguration', { ...FN, Layers: 'layer' }],
  ['publishVersion', { ...FN, Description: 5 }],
  ['createAlias', { ...alias, RoutingConfig: 'half' }],
  ['updateAlias', { ...alias, Description: { a: 1 } }],
  ['addPermission', { ...permission, Principal: ['*'] }],
  ['tagResource', { Resource: arnOf('f'), Tags: { a: 1 } }],
  ['putFunctionConcurrency', { ...FN, ReservedConcurrentExecutions: 'all' }],
]

test('mistyped input is refused, and nothing changes', async (t) => {
  const { client, create, gatewayFaults, settled } = await controlPlane(t)
  await create('f')
  const before = await settled('f')
  for (const [operation, input] of MISTYPED) {
    await t.test(`${operation}: ${JSON.stringify(input).slice(-40)}`, async () => {
      await assert.rejects(send(client, operation, input), (error: Error) => {
        assert.ok(['SerializationException', 'ValidationException'].includes(error.name), `${error}`)
        return true
      })
    })
  }
  assert.deepEqual(await settled('f'), before)
  assert.equal((await client.listFunctions({})).Functions?.length, 1)
  assert.deepEqual(gatewayFaults, [])
})

test('what belongs to later versions of lambdad is answered by name', async (t) => {
  const { client, create } = await controlPlane(t)
  await create('f')
  for (const [operation, input] of [['invokeWithResponseStream', FN]] as const)
    await assert.rejects(send(client, operation, input), {
      name: 'UnknownOperationException',
      message: `lambdad does not support lambda:${operation.charAt(0).toUpperCase()}${operation.slice(1)} yet.`,
    })
})

function send(client: object, operation: string, input: object): Promise<unknown> {
  const call = (client as Record<string, (input: object) => Promise<unknown>>)[operation]
  if (call === undefined) throw new Error(`the SDK has no ${operation}`)
  return call.call(client, input)
}
