import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  GetDurableExecutionCommand,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda'
import { type Platform, platform } from '../support/platform.ts'
import { begin, createDurable, ended, happened, history } from './support.ts'

// The published SDK runs as it is. Waits are of a second, its shortest.
describe('durable functions on the published SDK', { concurrency: true }, () => {
  let here: Platform
  const ends: (() => Promise<void>)[] = []
  before(async () => {
    here = await platform({ after: (end: () => Promise<void>) => ends.push(end) } as never)
    await createDurable(here, 'flow')
  })
  after(async () => {
    for (const end of ends) await end()
  })

  const run = async (event: Record<string, unknown>) => {
    const { payload, functionError } = await here.invoke('flow', event, { Qualifier: '$LATEST' })
    assert.equal(functionError, undefined, JSON.stringify(payload))
    return payload
  }

  test('steps run once each, and a wait ends by the clock', async () => {
    const { lambda } = here
    const arn = await begin(lambda, 'flow', { workflow: 'steps', value: 20 })
    const { Status, Result = '', InputPayload } = await ended(lambda, arn)
    assert.equal(Status, 'SUCCEEDED')
    assert.deepEqual(JSON.parse(Result), { doubled: 40, total: 41, invocation: 'number' })
    assert.equal(InputPayload, '{"workflow":"steps","value":20}')

    const events = await history(lambda, arn)
    assert.deepEqual(
      events.map(({ EventType, Name }) => [EventType, Name].join(' ').trim()),
      [
        'ExecutionStarted',
        'StepStarted double',
        'StepSucceeded double',
        'StepStarted note',
        'StepSucceeded note',
        'WaitStarted pause',
        'InvocationCompleted',
        'WaitSucceeded pause',
        'StepStarted add',
        'StepSucceeded add',
        'InvocationCompleted',
        'ExecutionSucceeded',
      ],
    )
    assert.deepEqual(
      events.map(({ EventId }) => EventId),
      events.map((_, index) => index + 1),
    )
  })

  test('a step that fails is tried again after its delay', async () => {
    assert.equal(await run({ workflow: 'retries' }), 'done at attempt 3')
  })

  test('a step that gives up fails the execution, with its error', async () => {
    const { payload, functionError } = await here.invoke(
      'flow',
      { workflow: 'givesUp' },
      { Qualifier: '$LATEST' },
    )
    assert.equal(functionError, 'Unhandled')
    assert.equal(payload.errorMessage, 'it does not work')
  })

  test('branches run side by side', async () => {
    assert.deepEqual(await run({ workflow: 'parallel' }), ['slow', 'quick'])
  })

  test('a branch’s wait ends while another is at work', async () => {
    assert.deepEqual(await run({ workflow: 'busy' }), ['waited', 'worked'])
  })

  test('map runs each item in its own context', async () => {
    const items = Array.from({ length: 20 }, (_, index) => index)
    assert.deepEqual(
      await run({ workflow: 'map', items }),
      items.map((item) => item * item),
    )
  })

  test('contexts in contexts', async () => {
    assert.equal(await run({ workflow: 'child' }), 3)
  })

  test('the result of a context that is too large to keep comes from its children', async () => {
    assert.equal(await run({ workflow: 'large' }), 400_000)
  })

  test('a state that does not fit into one event', async () => {
    assert.deepEqual(await run({ workflow: 'vast' }), { sizes: 1, again: 'yes' })
  })

  test('a condition is asked again until it holds', async () => {
    assert.deepEqual(await run({ workflow: 'condition' }), { count: 3 })
  })

  test('a step at most once', async () => {
    assert.equal(await run({ workflow: 'atMostOnce' }), 'once')
  })

  test('a result of some megabytes', async () => {
    assert.equal((await run({ workflow: 'huge' })).length, 5_500_000)
  })

  test('what the handler throws fails the execution', async () => {
    const arn = await begin(here.lambda, 'flow', { workflow: 'fails' })
    const { Status, Error: error } = await ended(here.lambda, arn)
    assert.equal(Status, 'FAILED')
    assert.equal(error?.ErrorType, 'RangeError')
    assert.equal(error?.ErrorMessage, 'no such thing')
  })

  test('a callback succeeds with what the caller sent', async () => {
    const { lambda } = here
    const arn = await begin(lambda, 'flow', { workflow: 'callback' })
    const started = await happened(lambda, arn, 'CallbackStarted')
    const CallbackId = started.CallbackStartedDetails?.CallbackId
    await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: '"yes"' }))
    assert.deepEqual(JSON.parse((await ended(lambda, arn)).Result ?? ''), { answer: '"yes"' })
    await assert.rejects(lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId })), {
      name: 'CallbackTimeoutException',
      message: 'The callback is either timed out or already completed',
    })
  })

  test('a callback fails with the caller’s error', async () => {
    const { lambda } = here
    const arn = await begin(lambda, 'flow', { workflow: 'callback' })
    const started = await happened(lambda, arn, 'CallbackStarted')
    const CallbackId = started.CallbackStartedDetails?.CallbackId
    const Failure = { ErrorMessage: 'denied', ErrorType: 'Denied' }
    await lambda.send(new SendDurableExecutionCallbackFailureCommand({ CallbackId, Error: Failure }))
    assert.match(JSON.parse((await ended(lambda, arn)).Result ?? '').message, /denied/)
  })

  test('a callback that nobody answers times out', async () => {
    const { name } = await run({ workflow: 'callback', timeouts: { timeout: { seconds: 1 } } })
    assert.equal(name, 'CallbackTimeoutError')
  })

  test('a callback whose heartbeats stop times out', async () => {
    const { lambda } = here
    const timeouts = { heartbeatTimeout: { seconds: 2 } }
    const arn = await begin(lambda, 'flow', { workflow: 'callback', timeouts })
    const started = await happened(lambda, arn, 'CallbackStarted')
    const CallbackId = started.CallbackStartedDetails?.CallbackId
    await lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }))
    await ended(lambda, arn)
    const timedOut = await happened(lambda, arn, 'CallbackTimedOut')
    assert.equal(timedOut.CallbackTimedOutDetails?.Error?.Payload?.ErrorType, 'Callback.Heartbeat')
  })

  test('an ordinary function is invoked, and its answer comes back', async () => {
    await here.createFunction(
      { 'index.mjs': 'export const handler = async (event) => ({ got: event })' },
      { name: 'plain' },
    )
    assert.deepEqual(await run({ workflow: 'invoke', target: 'plain', input: { a: 1 } }), {
      result: { got: { a: 1 } },
    })
  })

  test('a durable function is invoked, and has an execution of its own', async () => {
    const input = { workflow: 'steps', value: 1 }
    const { result } = await run({ workflow: 'invoke', target: 'flow:$LATEST', input })
    assert.equal(result.total, 3)
  })

  test('a function that invokes itself without end is stopped', async () => {
    const arn = await begin(here.lambda, 'flow', { workflow: 'circle', target: 'flow:$LATEST' })
    const { Status, Error: error } = await ended(here.lambda, arn)
    assert.equal(Status, 'FAILED')
    assert.match(error?.ErrorMessage ?? '', /recursive/i)
  })

  test('what cannot be invoked fails the step that asks for it', async () => {
    const missing = await run({ workflow: 'invoke', target: 'missing', input: {} })
    assert.match(missing.message, /Function not found: .*function:missing:\$LATEST/)
    const unqualified = await run({ workflow: 'invoke', target: 'flow', input: {} })
    await here.createFunction(
      { 'index.mjs': 'export const handler = async () => 1' },
      { name: 'isolated', TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } },
    )
    const isolated = await run({ workflow: 'invoke', target: 'isolated', input: {} })
    assert.match(isolated.message, /Add a valid tenant ID/)
    assert.equal(unqualified.message, 'You cannot invoke a durable function using an unqualified ARN.')
  })

  test('an execution that is stopped tells why', async () => {
    const { lambda } = here
    const arn = await begin(lambda, 'flow', { workflow: 'wait', seconds: 60 })
    await happened(lambda, arn, 'WaitStarted')
    const why = { ErrorMessage: 'not needed any more', ErrorType: 'Cancelled' }
    const { StopTimestamp } = await lambda.send(
      new StopDurableExecutionCommand({ DurableExecutionArn: arn, Error: why }),
    )
    const shown = await ended(lambda, arn)
    assert.equal(shown.Status, 'STOPPED')
    assert.deepEqual(shown.Error, why)
    assert.deepEqual(shown.EndTimestamp, StopTimestamp)
  })

  test('an execution that takes too long times out', async () => {
    await createDurable(here, 'short', 1)
    const arn = await begin(here.lambda, 'short', { workflow: 'wait', seconds: 60 })
    const { Status, Error: error } = await ended(here.lambda, arn)
    assert.equal(Status, 'TIMED_OUT')
    assert.equal(error?.ErrorMessage, 'Execution timed out after 1 seconds.')
  })

  test('a second start under one name finds the first; with another event it is refused', async () => {
    const { lambda } = here
    const name = { DurableExecutionName: 'order-1' }
    const first = await begin(lambda, 'flow', { workflow: 'steps', value: 1 }, name)
    assert.match(first, /:function:flow:\$LATEST\/durable-execution\/order-1\/[\w-]+$/)
    assert.equal(await begin(lambda, 'flow', { workflow: 'steps', value: 1 }, name), first)
    await assert.rejects(begin(lambda, 'flow', { workflow: 'steps', value: 2 }, name), {
      name: 'DurableExecutionAlreadyStartedException',
      message: `Execution already started: ${first}`,
    })
    // Who waits is given the result of the one that there is.
    const { payload } = await here.invoke(
      'flow',
      { workflow: 'steps', value: 1 },
      { Qualifier: '$LATEST', ...name },
    )
    assert.equal(payload.total, 3)
    const shown = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: first }))
    assert.equal(shown.DurableExecutionName, 'order-1')
    assert.equal(shown.Status, 'SUCCEEDED')
  })
})
