import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { type Platform, platform } from './support/platform.ts'

const PER_TENANT = { TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } } as const

/** Counts in the module's scope, so that who shares an environment can be told. */
const COUNTING = {
  'index.mjs': `let count = 0
    export const handler = async (event, context) => ({ tenant: context.tenantId, count: ++count })`,
}
const COUNTING_PYTHON = {
  'index.py': `count = 0
def handler(event, context):
    global count
    count += 1
    return {"tenant": context.tenant_id, "count": count}`,
}

// AWS Lambda Developer Guide, "Tenant isolation".
describe('a function that isolates its tenants', () => {
  for (const [runtime, files] of [
    ['nodejs24.x', COUNTING],
    ['python3.11', COUNTING_PYTHON],
  ] as const) {
    test(`never has two tenants in one environment, and tells the handler which (${runtime})`, async (t) => {
      const { createFunction, invoke } = await platform(t)
      const name = await createFunction(files, { ...PER_TENANT, Runtime: runtime })
      const seen: unknown[] = []
      for (const TenantId of ['blue', 'green', 'blue', 'green'])
        seen.push((await invoke(name, {}, { TenantId })).payload)
      assert.deepEqual(seen, [
        { tenant: 'blue', count: 1 },
        { tenant: 'green', count: 1 },
        { tenant: 'blue', count: 2 },
        { tenant: 'green', count: 2 },
      ])
    })
  }

  test('is refused without a tenant, be it only a dry run', async (t) => {
    const { createFunction, lambda } = await platform(t)
    const FunctionName = await createFunction(COUNTING, PER_TENANT)
    for (const InvocationType of ['RequestResponse', 'DryRun'] as const)
      await assert.rejects(lambda.send(new InvokeCommand({ FunctionName, InvocationType })), {
        name: 'InvalidParameterValueException',
        message:
          'The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.',
      })
  })

  test('shows its configuration, and publishes it with each version', async (t) => {
    const { createFunction, lambda, invoke } = await platform(t)
    const FunctionName = await createFunction(COUNTING, PER_TENANT)
    await lambda.send(new PublishVersionCommand({ FunctionName }))
    for (const Qualifier of ['$LATEST', '1']) {
      const shown = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }))
      assert.deepEqual(shown.TenancyConfig, PER_TENANT.TenancyConfig)
    }
    const { payload } = await invoke(FunctionName, {}, { TenantId: 'a', Qualifier: '1' })
    assert.equal(payload.tenant, 'a')
  })

  test('stays isolated when its configuration is updated', async (t) => {
    const { createFunction, lambda, invoke } = await platform(t)
    const FunctionName = await createFunction(COUNTING, PER_TENANT)
    assert.equal((await invoke(FunctionName, {}, { TenantId: 'a' })).payload.count, 1)
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 256 }))
    await waitUntilFunctionUpdatedV2(
      { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
      { FunctionName },
    )
    await assert.rejects(invoke(FunctionName), { name: 'InvalidParameterValueException' })
    // All tenants' environments of what was before are gone.
    assert.equal((await invoke(FunctionName, {}, { TenantId: 'a' })).payload.count, 1)
  })

  test('has the tenant in its log in JSON, in START and REPORT and in what the handler logs', async (t) => {
    const { createFunction, invoke } = await platform(t)
    const name = await createFunction(
      { 'index.mjs': 'export const handler = async () => console.log("here")' },
      { ...PER_TENANT, LoggingConfig: { LogFormat: 'JSON' } },
    )
    const { log } = await invoke(name, {}, { TenantId: 'blue', LogType: 'Tail' })
    const lines = (log ?? '')
      .split(/\n|(?<=\})(?=\{)/)
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
    const tenants = lines
      .filter(({ type }) => type !== 'platform.initStart')
      .map(({ type, tenantId, record }) => [type ?? 'function', tenantId ?? record.tenantId])
    assert.deepEqual(tenants, [
      ['platform.start', 'blue'],
      ['function', 'blue'],
      ['platform.report', 'blue'],
    ])
  })

  test('takes only the ids that AWS takes', async (t) => {
    const { createFunction, lambda, invoke } = await platform(t)
    const FunctionName = await createFunction(COUNTING, PER_TENANT)
    const odd = 'a._:/=+-@ 9'
    assert.equal((await invoke(FunctionName, {}, { TenantId: odd })).payload.tenant, odd)
    for (const TenantId of ['a#b', 'ü', 'a'.repeat(257)])
      await assert.rejects(lambda.send(new InvokeCommand({ FunctionName, TenantId })), (error: Error) =>
        /ValidationException|InvalidParameterValueException|SyntaxError|TypeError/.test(error.name),
      )
  })
})

test('a function that does not isolate tenants is not invoked for one', async (t) => {
  const { createFunction, lambda }: Platform = await platform(t)
  const FunctionName = await createFunction(COUNTING)
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName, TenantId: 'blue' })), {
    name: 'InvalidParameterValueException',
    message:
      'The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.',
  })
})
