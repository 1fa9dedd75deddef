import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AwsError } from '../../aws/error.ts'
import { describeOnEveryDatabase } from '../../store/testing.ts'
import { executionArn } from './execution.ts'
import {
  FunctionFailure,
  type Handler,
  PENDING,
  SCOPE,
  step,
  succeeded,
  testExecutions,
  wait,
} from './testing.ts'

/** Waits an hour, then ends. */
const waits: Handler = async ({ operations, checkpoint }) => {
  const waited = operations.find(({ Id }) => Id === 'w')
  if (waited?.Status === 'SUCCEEDED') return succeeded('"waited"')
  if (waited === undefined) await checkpoint(wait('w', 3000))
  return PENDING
}

describeOnEveryDatabase('durable executions', (open) => {
  test('a wait of most of an hour takes two invocations', async (t) => {
    const here = await testExecutions(t, { open, handler: waits })
    const execution = await here.begin()
    await here.quiet()
    assert.equal(here.invocations.length, 1)
    await here.clock.advance(2_999_000)
    await here.quiet()
    assert.equal(here.invocations.length, 1)
    await here.pass(2)
    assert.deepEqual(here.invocations[1]?.updated, ['w'])
    assert.equal((await here.find(execution)).status, 'SUCCEEDED')
    assert.deepEqual(await here.events(execution), [
      'ExecutionStarted',
      'WaitStarted w',
      'InvocationCompleted',
      'WaitSucceeded w',
      'InvocationCompleted',
      'ExecutionSucceeded',
    ])
  })

  test('a restart goes on where time has come to', async (t) => {
    const here = await testExecutions(t, { open, handler: waits })
    const execution = await here.begin()
    await here.quiet()
    await here.executions.stop()
    await here.clock.advance(3_100_000)
    await here.restarted()
    assert.equal((await here.ended(execution)).status, 'SUCCEEDED')
  })

  test('what a node that died had under way is begun anew, and what comes from it counts no more', async (t) => {
    const late = Promise.withResolvers<unknown>()
    let runs = 0
    const here = await testExecutions(t, {
      open,
      handler: async ({ checkpoint, operations, hold }) => {
        if (++runs === 1) {
          await checkpoint(step('a', 'SUCCEED', { Payload: '1' }))
          return hold(late.promise)
        }
        assert.equal(operations.find(({ Id }) => Id === 'a')?.StepDetails?.Result, '1')
        if (runs === 3) return succeeded('"new"')
        await checkpoint(wait('w', 60))
        return PENDING
      },
    })
    const execution = await here.begin()
    await here.quiet()
    await here.restarted()
    for (; runs < 2; await here.quiet());
    await assert.rejects(here.invocations[0]?.checkpoint(step('b', 'START')) as Promise<unknown>, {
      code: 'InvalidParameterValueException',
      message: 'Invalid checkpoint token',
    })
    late.resolve(succeeded('"old"'))
    await here.pass(61)
    assert.equal((await here.ended(execution)).status, 'SUCCEEDED')
    assert.equal((await here.operation(execution, execution.id))?.result, '"new"')
  })

  test('where nodes share a database, one takes what another one is silent about', async (t) => {
    let runs = 0
    const here = await testExecutions(t, {
      open,
      deps: { isShared: true },
      handler: async () => {
        runs++
        return succeeded('1')
      },
    })
    await here.executions.stop()
    const execution = await here.begin()
    const { store } = here.executions
    const now = here.clock.now()
    const dead = { claim: 'of the dead', now, until: now + 30_000, max: 5 }
    assert.deepEqual(await store.take(dead), [execution.id])
    assert.deepEqual(await store.take({ ...dead, claim: 'of another' }), [], 'nobody takes it meanwhile')
    await here.restarted()
    await here.pass(29)
    assert.equal(runs, 0)
    await here.pass(2)
    assert.equal((await here.ended(execution)).status, 'SUCCEEDED')
    assert.equal(runs, 1)
  })

  test('a caller of one node hears of the end that came on another', async (t) => {
    const go = Promise.withResolvers<void>()
    const here = await testExecutions(t, {
      open,
      deps: { isShared: true },
      handler: async ({ hold }) => {
        await hold(go.promise)
        return succeeded('"there"')
      },
    })
    const execution = await here.begin()
    await here.quiet()
    const other = await here.restarted()
    const ended = other.ended(execution, new AbortController().signal)
    await here.pass(1)
    go.resolve()
    await here.quiet()
    await here.pass(2)
    assert.equal((await ended).root?.result, '"there"')
    assert.equal(here.invocations.length, 1)
  })

  test('a caller that goes away waits no more', async (t) => {
    const here = await testExecutions(t, { open, handler: waits })
    const execution = await here.begin()
    const caller = new AbortController()
    const ended = here.executions.ended(execution, caller.signal)
    await here.quiet()
    caller.abort(new Error('gone'))
    await assert.rejects(ended, /gone/)
  })

  test('a step is ready after its delay, and its attempts are counted', async (t) => {
    const here = await testExecutions(t, {
      open,
      handler: async ({ operations, checkpoint }) => {
        const { Status, StepDetails } = operations.find(({ Id }) => Id === 's') ?? {}
        if (Status === 'PENDING') return PENDING
        if (StepDetails?.Attempt === 2) {
          await checkpoint(step('s', 'START'), step('s', 'SUCCEED', { Payload: '"third"' }))
          return succeeded('"third"')
        }
        const more = { Error: { ErrorMessage: 'no' }, StepOptions: { NextAttemptDelaySeconds: 60 } }
        await checkpoint(step('s', 'START'), step('s', 'RETRY', more))
        return PENDING
      },
    })
    const execution = await here.begin()
    await here.quiet()
    await here.pass(59)
    assert.equal(here.invocations.length, 1)
    await here.pass(2)
    assert.equal(here.invocations.length, 2)
    await here.pass(61)
    assert.equal((await here.find(execution)).status, 'SUCCEEDED')
    assert.equal((await here.operation(execution, 's'))?.attempt, 3)
  })

  test('what time did while the function is at work comes with its next checkpoint', async (t) => {
    const go = Promise.withResolvers<void>()
    const here = await testExecutions(t, {
      open,
      handler: async ({ checkpoint, hold }) => {
        await checkpoint(wait('w', 5))
        await hold(go.promise)
        const { operations } = await checkpoint()
        return succeeded(JSON.stringify(operations.map(({ id, status }) => [id, status])))
      },
    })
    const execution = await here.begin()
    await here.quiet()
    await here.clock.advance(6000)
    go.resolve()
    await here.quiet()
    const root = await here.operation(execution, execution.id)
    assert.equal(root?.result, '[["w","SUCCEEDED"]]')
    assert.equal(here.invocations.length, 1)
  })

  test('an invocation that fails is repeated after 1, 2, 4 and 8 seconds, and then no more', async (t) => {
    const at: number[] = []
    const here = await testExecutions(t, {
      open,
      handler: async () => {
        at.push(here.clock.now())
        throw new FunctionFailure('Runtime.ExitError', 'it crashed')
      },
    })
    const execution = await here.begin()
    await here.quiet()
    await here.passSlowly(17)
    const gaps = at.slice(1).map((time, index) => Math.round((time - (at[index] ?? 0)) / 1000))
    assert.deepEqual(gaps, [1, 2, 4, 8])
    assert.equal((await here.find(execution)).status, 'FAILED')
    const root = await here.operation(execution, execution.id)
    assert.deepEqual(root?.error, { ErrorMessage: 'it crashed', ErrorType: 'Runtime.ExitError' })
  })

  test('throttled invocations count for nothing, and go on until the time is over', async (t) => {
    let calls = 0
    const here = await testExecutions(t, {
      open,
      handler: async () => {
        if (++calls <= 5) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 })
        return succeeded('1')
      },
    })
    const execution = await here.begin()
    await here.quiet()
    await here.passSlowly(16)
    assert.equal((await here.find(execution)).status, 'SUCCEEDED')
    assert.deepEqual(await here.events(execution), [
      'ExecutionStarted',
      'InvocationCompleted',
      'ExecutionSucceeded',
    ])
  })

  test('an invocation that is refused for good fails the execution', async (t) => {
    const here = await testExecutions(t, {
      open,
      handler: async () => {
        throw new AwsError('RecursiveInvocationException', 'a loop', { status: 400 })
      },
    })
    const execution = await here.begin()
    assert.equal((await here.ended(execution)).status, 'FAILED')
    const root = await here.operation(execution, execution.id)
    assert.equal(root?.error?.ErrorType, 'RecursiveInvocationException')
    assert.equal(here.invocations.length, 1)
  })

  test('a function that is gone fails its executions', async (t) => {
    const here = await testExecutions(t, {
      open,
      handler: waits,
      deps: {
        resolve: async () => {
          throw new AwsError('ResourceNotFoundException', 'Function not found: f', { status: 404 })
        },
      },
    })
    const execution = await here.begin()
    assert.equal((await here.ended(execution)).status, 'FAILED')
  })

  // The answers that AWS refuses, and the words for it.
  for (const [answer, problem] of [
    [{ Status: 'PENDING' }, 'Cannot return PENDING status with no pending operations.'],
    [{ Status: 'DONE' }, 'Invalid Status in invocation output.'],
    ['text', 'Invalid Status in invocation output.'],
    [null, 'Invalid Status in invocation output.'],
    [{ Status: 'SUCCEEDED', Error: {} }, 'Cannot provide an Error for SUCCEEDED status.'],
    [{ Status: 'FAILED', Result: '1' }, 'Cannot provide a Result for FAILED status.'],
    [
      { Status: 'SUCCEEDED', Result: 'x'.repeat(2 ** 20 + 1) },
      'Execution output payload size must be less than or equal to 1048576 bytes.',
    ],
  ] as const)
    test(`an answer that is none fails the execution: ${JSON.stringify(answer).slice(0, 40)}`, async (t) => {
      const here = await testExecutions(t, { open, handler: async () => answer })
      const execution = await here.begin()
      await here.quiet()
      assert.equal((await here.find(execution)).status, 'FAILED')
      const root = await here.operation(execution, execution.id)
      assert.equal(root?.error?.ErrorMessage, problem)
      assert.equal(here.invocations.length, 1)
    })

  test('an execution that takes too long times out while its function is at work', async (t) => {
    const go = Promise.withResolvers<void>()
    const here = await testExecutions(t, {
      open,
      handler: async ({ checkpoint, hold }) => {
        await hold(go.promise)
        await assert.rejects(checkpoint(step('late', 'START')), { message: 'Invalid checkpoint token' })
        return succeeded('too late')
      },
    })
    const execution = await here.begin({ timeoutSeconds: 20 })
    await here.quiet()
    const ended = here.executions.ended(execution, new AbortController().signal)
    await here.clock.advance(20_000)
    await here.quiet()
    assert.equal((await ended).execution.status, 'TIMED_OUT')
    go.resolve()
    await here.quiet()
    assert.equal((await here.find(execution)).status, 'TIMED_OUT')
    assert.deepEqual(await here.events(execution), [
      'ExecutionStarted',
      'ExecutionTimedOut',
      'InvocationCompleted',
    ])
  })

  test('an execution is forgotten when its retention is over, and its name is free', async (t) => {
    const here = await testExecutions(t, { open, handler: async () => succeeded('1') })
    const execution = await here.begin({ name: 'once' })
    await here.quiet()
    assert.equal((await here.begin({ name: 'once' })).id, execution.id)
    await here.clock.advance(2 * 86_400_000 - 1000)
    assert.equal((await here.ended(execution)).status, 'SUCCEEDED')
    await here.pass(2)
    await assert.rejects(here.find(execution), {
      code: 'ResourceNotFoundException',
      message: 'Durable Execution does not exist',
    })
    assert.notEqual((await here.begin({ name: 'once' })).id, execution.id)
    await here.quiet()
  })

  test('a callback that comes while the invocation ends is not lost', async (t) => {
    const here = await testExecutions(t, {
      open,
      handler: async ({ operations, checkpoint }) => {
        const found = operations.find(({ Id }) => Id === 'c')
        if (found?.Status === 'SUCCEEDED') return succeeded('"called"')
        const start = { Id: 'c', Type: 'CALLBACK', SubType: 'Callback', Action: 'START' } as const
        const { operations: told } = await checkpoint(start)
        await here.executions.callback(SCOPE, told[0]?.callbackId ?? '', { status: 'SUCCEEDED', result: '1' })
        return PENDING
      },
    })
    const execution = await here.begin()
    assert.equal((await here.ended(execution)).status, 'SUCCEEDED')
  })

  test('heartbeats put off the end of a callback, and its own timeout does not move', async (t) => {
    let callbackId = ''
    const here = await testExecutions(t, {
      open,
      handler: async ({ operations, checkpoint }) => {
        if (operations.some(({ Status }) => Status === 'TIMED_OUT')) return succeeded('1')
        const CallbackOptions = { TimeoutSeconds: 100, HeartbeatTimeoutSeconds: 30 }
        const start = { Id: 'c', Type: 'CALLBACK', Action: 'START', CallbackOptions } as const
        callbackId = (await checkpoint(start)).operations[0]?.callbackId ?? ''
        return PENDING
      },
    })
    const execution = await here.begin()
    await here.quiet()
    for (let beats = 0; beats < 3; beats++) {
      await here.pass(29)
      await here.executions.heartbeat(SCOPE, callbackId)
    }
    await here.pass(12)
    assert.equal((await here.operation(execution, 'c'))?.status, 'STARTED')
    await here.pass(1)
    const { error, startedAt, endedAt } = (await here.operation(execution, 'c')) ?? {}
    assert.deepEqual(error, { ErrorMessage: 'Callback timed out', ErrorType: 'Callback.Timeout' })
    assert.equal((endedAt ?? 0) - (startedAt ?? 0), 100_000)
    assert.equal((await here.ended(execution)).status, 'SUCCEEDED')
  })

  test('what begins and ends is measured, once', async (t) => {
    const here = await testExecutions(t, { open, handler: waits })
    const execution = await here.begin({ name: 'measured' })
    await here.quiet()
    await here.begin({ name: 'measured' })
    await here.pass(3000)
    await here.ended(execution)
    await here.executions.stopExecution(SCOPE, executionArn(execution), {})
    assert.deepEqual(
      here.metrics.map(({ name, functionName, value }) => [name, functionName, value]),
      [
        ['DurableExecutionStarted', 'f', 1],
        ['DurableExecutionSucceeded', 'f', 1],
        ['DurableExecutionDuration', 'f', 3_000_000],
      ],
    )
  })

  test('what was stopped stays stopped', async (t) => {
    const here = await testExecutions(t, { open, handler: waits })
    const execution = await here.begin()
    await here.quiet()
    const arn = executionArn(execution)
    const stoppedAt = await here.executions.stopExecution(SCOPE, arn, { ErrorType: 'Enough' })
    await here.clock.advance(60_000)
    assert.equal(await here.executions.stopExecution(SCOPE, arn, {}), stoppedAt)
    await here.clock.advance(3_000_000)
    await here.quiet()
    assert.equal(here.invocations.length, 1)
    assert.deepEqual(await here.events(execution), [
      'ExecutionStarted',
      'WaitStarted w',
      'InvocationCompleted',
      'ExecutionStopped',
    ])
  })

  test('executions of other accounts and regions are not there', async (t) => {
    const here = await testExecutions(t, { open, handler: waits })
    const arn = executionArn(await here.begin())
    await here.quiet()
    const notThere = { code: 'ResourceNotFoundException' }
    await assert.rejects(here.executions.find({ ...SCOPE, accountId: '210987654321' }, arn), notThere)
    await assert.rejects(here.executions.find({ ...SCOPE, region: 'us-east-1' }, arn), notThere)
  })
})
