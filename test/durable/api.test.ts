import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  CheckpointDurableExecutionCommand,
  CreateAliasCommand,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  GetDurableExecutionStateCommand,
  GetFunctionConfigurationCommand,
  ListDurableExecutionsByFunctionCommand,
  PublishVersionCommand,
  paginateGetDurableExecutionHistory,
  paginateListDurableExecutionsByFunction,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { type Platform, platform } from '../support/platform.ts'
import { begin, ended } from './support.ts'

const LATEST = { Qualifier: '$LATEST' }
/** Without an SDK: it has nothing to remember, and answers with its event. */
const ECHO = {
  'index.mjs': `export const handler = async (event) => ({
    Status: 'SUCCEEDED',
    Result: event.InitialExecutionState.Operations[0].ExecutionDetails.InputPayload,
  })`,
}
const UNKNOWN = 'arn:aws:lambda:us-east-1:000000000000:function:echo:1/durable-execution/a/b'

describe('the API of durable executions', () => {
  let here: Platform
  const ends: (() => Promise<void>)[] = []
  before(async () => {
    here = await platform({ after: (end: () => Promise<void>) => ends.push(end) } as never)
    await create('echo', { ExecutionTimeout: 60 })
    await here.createFunction({ 'index.mjs': 'export const handler = async () => 1' }, { name: 'plain' })
  })
  after(async () => {
    for (const end of ends) await end()
  })

  const create = (name: string, DurableConfig: Record<string, unknown>) =>
    here.createFunction(ECHO, { name, DurableConfig })
  const refused = (call: Promise<unknown>, name: string, message: string | RegExp, status = 400) =>
    assert.rejects(call, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
      assert.equal(error.name, name)
      if (typeof message === 'string') assert.equal(error.message, message)
      else assert.match(error.message, message)
      assert.equal(error.$metadata?.httpStatusCode, status)
      return true
    })

  describe('DurableConfig', () => {
    test('is shown, with two weeks of retention where nothing else is said', async () => {
      const shown = await here.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'echo' }))
      assert.deepEqual(shown.DurableConfig, { ExecutionTimeout: 60, RetentionPeriodInDays: 14 })
      const plain = await here.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'plain' }))
      assert.equal(plain.DurableConfig, undefined)
    })

    test('changes one value at a time, and is part of a version', async () => {
      await create('changing', { ExecutionTimeout: 60, RetentionPeriodInDays: 3 })
      const { Version } = await here.lambda.send(new PublishVersionCommand({ FunctionName: 'changing' }))
      const DurableConfig = { ExecutionTimeout: 90 }
      const changed = await here.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: 'changing', DurableConfig }),
      )
      assert.deepEqual(changed.DurableConfig, { ExecutionTimeout: 90, RetentionPeriodInDays: 3 })
      const version = await here.lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: 'changing', Qualifier: Version }),
      )
      assert.equal(version.DurableConfig?.ExecutionTimeout, 60)
    })

    test('cannot come later', async () => {
      const DurableConfig = { ExecutionTimeout: 60 }
      await refused(
        here.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'plain', DurableConfig })),
        'InvalidParameterValueException',
        'DurableConfig can only be enabled when the function is created.',
      )
    })

    const REFUSED: [Record<string, unknown>, string, string | RegExp][] = [
      [{}, 'InvalidParameterValueException', /without an executionTimeout/],
      [{ RetentionPeriodInDays: 1 }, 'InvalidParameterValueException', /without an executionTimeout/],
      [{ ExecutionTimeout: 0 }, 'ValidationException', /durableConfig.executionTimeout/],
      [{ ExecutionTimeout: 31_622_401 }, 'ValidationException', /less than or equal to 31622400/],
      [{ ExecutionTimeout: 1, RetentionPeriodInDays: 91 }, 'ValidationException', /less than or equal to 90/],
      [
        { ExecutionTimeout: 1, KMSKeyArn: 'arn:aws:kms:k' },
        'InvalidParameterValueException',
        /KMSKeyArn is not supp/,
      ],
    ]
    for (const [config, name, message] of REFUSED)
      test(`refused: ${JSON.stringify(config)}`, () => refused(create('never', config), name, message))
  })

  describe('Invoke', () => {
    test('waits for the result, and tells the execution', async () => {
      const { payload, executedVersion } = await here.invoke('echo', { a: 1 }, LATEST)
      assert.deepEqual(payload, { a: 1 })
      assert.equal(executedVersion, '$LATEST')
    })

    test('by alias runs the version that it leads to, to the end', async () => {
      const { Version } = await here.lambda.send(new PublishVersionCommand({ FunctionName: 'echo' }))
      await here.lambda.send(
        new CreateAliasCommand({ FunctionName: 'echo', Name: 'live', FunctionVersion: Version }),
      )
      const arn = await begin(here.lambda, 'echo', { a: 2 }, { Qualifier: 'live' })
      assert.match(arn, new RegExp(`:function:echo:${Version}/durable-execution/`))
      const shown = await ended(here.lambda, arn)
      assert.equal(shown.Version, Version)
      assert.equal(shown.Result, '{"a":2}')
      assert.equal(shown.FunctionArn, `arn:aws:lambda:us-east-1:000000000000:function:echo:${Version}`)
    })

    test('DryRun begins nothing', async () => {
      const name = { DurableExecutionName: 'dry' }
      const { status } = await here.invoke('echo', {}, { ...LATEST, ...name, InvocationType: 'DryRun' })
      assert.equal(status, 204)
      const { DurableExecutions } = await here.lambda.send(
        new ListDurableExecutionsByFunctionCommand({ FunctionName: 'echo', ...name }),
      )
      assert.deepEqual(DurableExecutions, [])
    })

    test('without a version is refused, whatever the type', async () => {
      for (const InvocationType of ['RequestResponse', 'Event', 'DryRun'] as const)
        await refused(
          here.invoke('echo', {}, { InvocationType }),
          'InvalidParameterValueException',
          'You cannot invoke a durable function using an unqualified ARN.',
        )
    })

    test('does not wait for what may take more than 15 minutes', async () => {
      await create('slow', { ExecutionTimeout: 901 })
      await refused(
        here.invoke('slow', {}, LATEST),
        'InvalidParameterValueException',
        'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
      )
      const arn = await begin(here.lambda, 'slow', { a: 1 })
      assert.equal((await ended(here.lambda, arn)).Status, 'SUCCEEDED')
    })

    test('what else is refused', async () => {
      await refused(
        here.invoke('echo', {}, { ...LATEST, DurableExecutionName: 'has space' }),
        'ValidationException',
        /'durableExecutionName'/,
      )
      await refused(
        here.invoke('echo', {}, { ...LATEST, LogType: 'Tail' }),
        'InvalidParameterValueException',
        /LogType Tail of durable functions is not supported/,
      )
      await refused(
        here.invoke('echo', 'x'.repeat(2 ** 20), { ...LATEST, InvocationType: 'Event' }),
        'RequestEntityTooLargeException',
        '1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
        413,
      )
      await refused(
        here.invoke('echo', undefined, { ...LATEST, Payload: 'no json' }),
        'InvalidRequestContentException',
        /Could not parse/,
      )
    })
  })

  describe('lists', () => {
    test('executions come the newest first, page by page, and by status, name and time', async () => {
      await create('listed', { ExecutionTimeout: 60 })
      const arns: string[] = []
      for (let i = 0; i < 7; i++) {
        const arn = await begin(here.lambda, 'listed', { i }, { DurableExecutionName: `n${i}` })
        await ended(here.lambda, arn)
        arns.push(arn)
      }
      const list = async (input: Record<string, unknown>) => {
        const found: (string | undefined)[] = []
        const wanted = { FunctionName: 'listed', MaxItems: 3, ...input }
        for await (const page of paginateListDurableExecutionsByFunction({ client: here.lambda }, wanted)) {
          assert.ok((page.DurableExecutions?.length ?? 0) <= 3)
          found.push(...(page.DurableExecutions ?? []).map(({ DurableExecutionArn }) => DurableExecutionArn))
        }
        return found
      }
      const newestFirst = arns.toReversed()
      assert.deepEqual(await list({}), newestFirst)
      assert.deepEqual(await list({ ReverseOrder: true }), arns)
      assert.deepEqual(await list({ Statuses: ['SUCCEEDED'] }), newestFirst)
      assert.deepEqual(await list({ Statuses: ['RUNNING'] }), [])
      assert.deepEqual(await list({ DurableExecutionName: 'n3' }), [arns[3]])
      assert.deepEqual(await list({ Qualifier: '$LATEST' }), newestFirst)
      assert.deepEqual(await list({ StartedAfter: new Date(0) }), newestFirst)
      assert.deepEqual(await list({ StartedBefore: new Date(0) }), [])
      const first = await here.lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arns[0] }))
      const before = new Date((first.StartTimestamp?.getTime() ?? 0) - 1000)
      assert.deepEqual(
        await list({ StartedAfter: before, StartedBefore: new Date(Date.UTC(2100, 0)) }),
        newestFirst,
      )
    })

    test('what cannot be listed', async () => {
      const list = (input: Record<string, unknown>) =>
        here.lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'echo', ...input }))
      await refused(
        list({ Statuses: ['RUNNING', 'FAILED'] }),
        'InvalidParameterValueException',
        /more than one status/,
      )
      await refused(list({ Statuses: ['PAUSED'] }), 'ValidationException', /'statuses/)
      await refused(list({ Marker: 'bogus' }), 'InvalidParameterValueException', 'Invalid Marker')
      await refused(list({ MaxItems: 1001 }), 'ValidationException', /less than or equal to 1000/)
      await refused(list({ FunctionName: 'missing' }), 'ResourceNotFoundException', /Function not found/, 404)
      await refused(list({ Qualifier: '99' }), 'ResourceNotFoundException', /Function not found/, 404)
    })
  })

  describe('one execution', () => {
    test('its history, page by page, from both ends, with and without what it carried', async () => {
      const arn = await begin(here.lambda, 'echo', { a: 3 })
      await ended(here.lambda, arn)
      const read = async (input: Record<string, unknown>) => {
        const events = []
        const wanted = { DurableExecutionArn: arn, MaxItems: 2, ...input }
        for await (const page of paginateGetDurableExecutionHistory({ client: here.lambda }, wanted))
          events.push(...(page.Events ?? []))
        return events
      }
      const events = await read({})
      assert.deepEqual(
        events.map(({ EventId }) => EventId),
        [1, 2, 3],
      )
      assert.deepEqual(
        (await read({ ReverseOrder: true })).map(({ EventId }) => EventId),
        [3, 2, 1],
      )
      assert.deepEqual(events[0]?.ExecutionStartedDetails, {
        Input: { Truncated: false },
        ExecutionTimeout: 60,
      })
      const [started, , succeeded] = await read({ IncludeExecutionData: true })
      assert.deepEqual(started?.ExecutionStartedDetails?.Input, { Payload: '{"a":3}', Truncated: false })
      assert.deepEqual(succeeded?.ExecutionSucceededDetails?.Result, { Payload: '{"a":3}', Truncated: false })
    })

    test('without its data, where that is wanted', async () => {
      const DurableExecutionArn = await begin(here.lambda, 'echo', { a: 4 })
      await ended(here.lambda, DurableExecutionArn)
      const shown = await here.lambda.send(
        new GetDurableExecutionCommand({ DurableExecutionArn, IncludeExecutionData: false }),
      )
      assert.equal(shown.ExecutionDataIncluded, false)
      assert.equal(shown.InputPayload, undefined)
      assert.equal(shown.Result, undefined)
      assert.deepEqual(shown.DurableConfig, { ExecutionTimeout: 60, RetentionPeriodInDays: 14 })
    })

    test('what is not there, or no ARN', async () => {
      const { lambda } = here
      const at = { DurableExecutionArn: UNKNOWN }
      const missing = 'Durable Execution does not exist'
      for (const command of [
        new GetDurableExecutionCommand(at),
        new GetDurableExecutionHistoryCommand(at),
        new StopDurableExecutionCommand(at),
      ])
        await refused(
          lambda.send(command as GetDurableExecutionCommand),
          'ResourceNotFoundException',
          missing,
          404,
        )
      const token = { ...at, CheckpointToken: 'QUJD' }
      const bad = 'Invalid checkpoint token'
      const state = new GetDurableExecutionStateCommand(token)
      await refused(lambda.send(state), 'InvalidParameterValueException', bad)
      const checkpoint = new CheckpointDurableExecutionCommand({ ...token, Updates: [] })
      await refused(lambda.send(checkpoint), 'InvalidParameterValueException', bad)
      const noArn = new GetDurableExecutionCommand({ DurableExecutionArn: 'arn:aws:lambda:nowhere' })
      await refused(lambda.send(noArn), 'ValidationException', /'durableExecutionArn'/)
      const noUpdate = { Id: 'a', Type: 'NAP', Action: 'START' } as never
      const invalid = new CheckpointDurableExecutionCommand({ ...token, Updates: [noUpdate] })
      await refused(lambda.send(invalid), 'ValidationException', /updates/)
    })

    test('callbacks that are none', async () => {
      const send = (CallbackId: string) =>
        here.lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId }))
      await refused(send('QUJD'), 'InvalidParameterValueException', 'Invalid callback id')
      await refused(send('no base64!'), 'ValidationException', /'callbackId'/)
    })
  })
})
