import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { createFunctionDirectory } from './directory.ts'
import type { FunctionStore } from './store.ts'
import {
  ACCOUNT,
  arnOf,
  functionInput,
  REGION,
  refusal,
  SCOPE,
  type TestLambda,
  testLambda,
} from './testing.ts'

test('a function is resolved to what it runs', async (t) => {
  const { create, lambda } = await testLambda(t)
  await create('f', { Timeout: 7, MemorySize: 256, Environment: { Variables: { A: '1' } } })
  const { fn, ...resolved } = await lambda.directory.resolve(SCOPE, 'f')
  assert.deepEqual(resolved, {
    executedVersion: '$LATEST',
    invokedFunctionArn: arnOf('f'),
    reservedConcurrency: undefined,
    isQualified: false,
    eventSettings: { retriesMax: 2, ageMaxSeconds: 21_600 },
    state: 'Active',
  })
  const { revision, codeBlob, architecture, ...rest } = fn
  assert.match(revision, /^[0-9a-f-]{36}$/)
  assert.match(codeBlob, /^[0-9a-f]{64}$/)
  assert.deepEqual(rest, {
    accountId: ACCOUNT,
    region: REGION,
    name: 'f',
    version: '$LATEST',
    arn: arnOf('f'),
    roleArn: 'arn:aws:iam::123456789012:role/lambda',
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    memoryMb: 256,
    timeoutMs: 7000,
    ephemeralStorageMb: 512,
    variables: { A: '1' },
    logging: { format: 'Text', group: '/aws/lambda/f' },
  })
})

test('the invoked ARN keeps the qualifier of the caller, the executed version is a number', async (t) => {
  const { lambda } = await withAlias(t)
  const resolved = async (name: string, qualifier?: string) => {
    const { executedVersion, invokedFunctionArn } = await lambda.directory.resolve(SCOPE, name, qualifier)
    return [invokedFunctionArn, executedVersion]
  }
  assert.deepEqual(await resolved('f', '1'), [arnOf('f:1'), '1'])
  assert.deepEqual(await resolved('f:live'), [arnOf('f:live'), '1'])
  assert.deepEqual(await resolved(arnOf('f'), '$LATEST'), [arnOf('f:$LATEST'), '$LATEST'])
})

test('each version has environments of its own', async (t) => {
  const { lambda } = await withAlias(t)
  const revisionOf = async (qualifier?: string) =>
    (await lambda.directory.resolve(SCOPE, 'f', qualifier)).fn.revision
  assert.notEqual(await revisionOf('1'), await revisionOf())
  assert.equal(await revisionOf('1'), await revisionOf('live'))
})

test('a weighted alias draws its version with each call', async (t) => {
  const { call, lambda, settled } = await withAlias(t)
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9 })
  await settled('f')
  await call('PublishVersion', { FunctionName: 'f' })
  await settled('f', '2')
  await call('UpdateAlias', {
    FunctionName: 'f',
    Name: 'live',
    RoutingConfig: { AdditionalVersionWeights: { 2: 0.3 } },
  })
  let second = 0
  for (let i = 0; i < 2000; i++) {
    const { executedVersion, invokedFunctionArn } = await lambda.directory.resolve(SCOPE, 'f', 'live')
    assert.equal(invokedFunctionArn, arnOf('f:live'))
    if (executedVersion === '2') second++
  }
  assert.ok(second > 450 && second < 750, `${second} of 2000`)
})

test('what changes is seen by the next call', async (t) => {
  const { call, lambda, settled } = await withAlias(t)
  const { directory } = lambda
  await directory.resolve(SCOPE, 'f')
  await call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 3 })
  assert.equal((await directory.resolve(SCOPE, 'f')).reservedConcurrency, 3)
  assert.equal(directory.reservedTotal(SCOPE), 3)
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9 })
  assert.equal((await directory.resolve(SCOPE, 'f')).fn.timeoutMs, 3000, 'the update is in progress')
  await settled('f')
  assert.equal((await directory.resolve(SCOPE, 'f')).fn.timeoutMs, 9000)
  await call('DeleteAlias', { FunctionName: 'f', Name: 'live' })
  await assert.rejects(directory.resolve(SCOPE, 'f', 'live'), { code: 'ResourceNotFoundException' })
  await call('DeleteFunction', { FunctionName: 'f' })
  await assert.rejects(directory.resolve(SCOPE, 'f'), { code: 'ResourceNotFoundException' })
  await directory.resolve(SCOPE, 'f').catch(() => {})
  assert.equal(directory.reservedTotal(SCOPE), 3, 'as of the last call that succeeded')
})

test('what is not there is named with its version, $LATEST where none was asked for', async (t) => {
  const { create, lambda } = await testLambda(t)
  await create('f')
  const notFound = (name: string) =>
    refusal('ResourceNotFoundException', `Function not found: ${arnOf(name)}`, 404)
  const { directory } = lambda
  await assert.rejects(directory.resolve(SCOPE, 'g'), notFound('g:$LATEST'))
  await assert.rejects(directory.resolve(SCOPE, 'g:live'), notFound('g:live'))
  await assert.rejects(directory.resolve(SCOPE, 'f', '7'), notFound('f:7'))
  await assert.rejects(directory.resolve(SCOPE, 'f', '$LATEST.PUBLISHED'), notFound('f:$LATEST.PUBLISHED'))
})

test('a function that is just being created is waited for', async (t) => {
  const { call, lambda } = await testLambda(t)
  await call('CreateFunction', functionInput('f'))
  assert.equal((await lambda.directory.resolve(SCOPE, 'f')).executedVersion, '$LATEST')
})

test('but not for longer than a second', async (t) => {
  const clock = new VirtualClock()
  const { call, database, lambda } = await testLambda(t, { clock })
  await call('CreateFunction', functionInput('f'))
  await lambda.stop()
  assert.ok(database)
  const answer = lambda.directory.resolve(SCOPE, 'f').catch((error) => error)
  for (let waited = 0; waited < 1100; waited += 10) {
    await clock.advance(10)
    await realClock.sleep(0)
  }
  const error = await answer
  assert.equal(error.code, 'ResourceConflictException')
  assert.equal(
    error.message,
    'The operation cannot be performed at this time. The function is currently in the following state: Pending',
  )
})

test('known functions are resolved without the database', async (t) => {
  const { create, lambda } = await testLambda(t)
  await create('f')
  const known = await lambda.directory.resolve(SCOPE, 'f')
  let reads = 0
  const functions = {
    find: async () => {
      reads++
      return { ...SCOPE, name: 'f', tags: {}, reservedConcurrency: undefined }
    },
    findVersion: async () => {
      reads++
      return { version: '$LATEST', configuration: {}, running: known.fn }
    },
    findEventConfig: async () => undefined,
    reservedConcurrency: async () => {
      reads++
      return 0
    },
  } as unknown as FunctionStore
  const directory = createFunctionDirectory({ functions, clock: realClock, random: realRandom })
  await directory.resolve(SCOPE, 'f')
  const readsOfFirst = reads
  for (let i = 0; i < 100; i++) await directory.resolve(SCOPE, 'f')
  assert.equal(reads, readsOfFirst)
  directory.forget({ ...SCOPE, name: 'g' })
  await directory.resolve(SCOPE, 'f')
  assert.equal(reads, readsOfFirst + 1, 'only the reservations were read again')
  directory.forget({ ...SCOPE, name: 'f' })
  await directory.resolve(SCOPE, 'f')
  assert.equal(reads, 2 * readsOfFirst + 1)
})

test('what was read before a change is not kept after it', async () => {
  const reading = Promise.withResolvers<void>()
  const head = { ...SCOPE, name: 'f', tags: {} }
  let reserved = 1
  const functions = {
    find: async () => {
      const found = { ...head, reservedConcurrency: reserved }
      await reading.promise
      return found
    },
    findVersion: async () => ({ version: '$LATEST', configuration: {}, running: {} }),
    findEventConfig: async () => undefined,
    reservedConcurrency: async () => reserved,
  } as unknown as FunctionStore
  const directory = createFunctionDirectory({ functions, clock: realClock, random: realRandom })
  const first = directory.resolve(SCOPE, 'f')
  reserved = 2
  directory.forget({ ...SCOPE, name: 'f' })
  reading.resolve()
  assert.equal((await first).reservedConcurrency, 1)
  assert.equal((await directory.resolve(SCOPE, 'f')).reservedConcurrency, 2)
})

async function withAlias(t: Parameters<typeof testLambda>[0]): Promise<TestLambda> {
  const lambda = await testLambda(t)
  await lambda.create('f')
  await lambda.call('PublishVersion', { FunctionName: 'f' })
  await lambda.settled('f', '1')
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  return lambda
}
