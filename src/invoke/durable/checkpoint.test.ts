import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openSqlite } from '../../store/sqlite.ts'
import { type Execution, executionArn } from './execution.ts'
import { OPERATIONS_MAX } from './limits.ts'
import type { Operation } from './operation.ts'
import { type Invocation, SCOPE, step, succeeded, testExecutions, wait } from './testing.ts'
import type { OperationUpdate } from './update.ts'

const open = () => openSqlite(':memory:')

const context = (Id: string, Action: OperationUpdate['Action'], more: OperationUpdate = {}) =>
  ({ Id, Type: 'CONTEXT', SubType: 'RunInChildContext', Action, ...more }) as const
const callback = (Id: string, Action: OperationUpdate['Action'] = 'START') =>
  ({ Id, Type: 'CALLBACK', Action }) as const
const chained = (Id: string, more: OperationUpdate = {}) =>
  ({
    Id,
    Type: 'CHAINED_INVOKE',
    Action: 'START',
    ChainedInvokeOptions: { FunctionName: 'g' },
    ...more,
  }) as const
const execution = (Action: OperationUpdate['Action'], more: OperationUpdate = {}) =>
  ({ Id: 'execution-result-1', Type: 'EXECUTION', Action, ...more }) as const
const retry = (Id: string, more: OperationUpdate = {}) =>
  step(Id, 'RETRY', { StepOptions: { NextAttemptDelaySeconds: 9 }, ...more })
const error = { ErrorMessage: 'no', ErrorType: 'No' }

// What is there, the updates, and why they are refused (facts: AWS's local server for the SDKs' tests).
const REFUSED: [string, OperationUpdate[], OperationUpdate[], string][] = [
  [
    'a context that is there is started',
    [context('a', 'START')],
    [context('a', 'START')],
    'Cannot start a CONTEXT that already exists.',
  ],
  [
    'a wait that is there is started',
    [wait('a', 9)],
    [wait('a', 9)],
    'Cannot start a WAIT that already exists.',
  ],
  [
    'a callback that is there is started',
    [callback('a')],
    [callback('a')],
    'Cannot start a CALLBACK that already exists.',
  ],
  [
    'a step at work is started',
    [step('a', 'START')],
    [step('a', 'START')],
    'Invalid current STEP state to start.',
  ],
  [
    'a step that waits for its next attempt is started',
    [retry('a')],
    [step('a', 'START')],
    'Invalid current STEP state to start.',
  ],
  [
    'a step that has ended ends',
    [step('a', 'SUCCEED')],
    [step('a', 'FAIL')],
    'Invalid current STEP state to close.',
  ],
  [
    'a step that has ended is retried',
    [step('a', 'SUCCEED')],
    [retry('a')],
    'Invalid current STEP state to re-attempt.',
  ],
  [
    'a context that has ended ends',
    [context('a', 'START'), context('a', 'SUCCEED')],
    [context('a', 'FAIL')],
    'Invalid current CONTEXT state to close.',
  ],
  [
    'a wait that is not there is cancelled',
    [],
    [{ Id: 'a', Type: 'WAIT', Action: 'CANCEL' }],
    'Cannot cancel a WAIT that does not exist or has already completed.',
  ],
  [
    'a callback that is not there is cancelled',
    [],
    [callback('a', 'CANCEL')],
    'Cannot cancel a CALLBACK that does not exist or has already completed.',
  ],
  [
    'a wait succeeds',
    [wait('a', 9)],
    [{ Id: 'a', Type: 'WAIT', Action: 'SUCCEED' }],
    'Invalid action for the given operation type.',
  ],
  ['an execution starts', [], [execution('START')], 'Invalid action for the given operation type.'],
  [
    'a failure with a payload',
    [],
    [step('a', 'FAIL', { Payload: '1' })],
    'Cannot provide a Payload for FAIL action.',
  ],
  [
    'a success with an error',
    [],
    [step('a', 'SUCCEED', { Error: error })],
    'Cannot provide an Error for SUCCEED action.',
  ],
  [
    'a retry with both',
    [],
    [retry('a', { Payload: '1', Error: error })],
    'Cannot provide both error and payload to RETRY a STEP.',
  ],
  ['a retry without its delay', [], [step('a', 'RETRY')], 'Invalid StepOptions for the given action.'],
  [
    'a start with a delay',
    [],
    [step('a', 'START', { StepOptions: { NextAttemptDelaySeconds: 1 } })],
    'Invalid StepOptions for the given action.',
  ],
  [
    'a wait without its time',
    [],
    [{ Id: 'a', Type: 'WAIT', Action: 'START' }],
    'Update for WAIT operation requires WaitOptions.',
  ],
  [
    'an invocation without a function',
    [],
    [{ Id: 'a', Type: 'CHAINED_INVOKE', Action: 'START' }],
    'Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.',
  ],
  [
    'an invocation for a tenant',
    [],
    [chained('a', { ChainedInvokeOptions: { FunctionName: 'g', TenantId: 't' } })],
    'lambdad does not support ChainedInvokeOptions.TenantId yet.',
  ],
  ['a parent that is not there', [], [step('a', 'START', { ParentId: 'p' })], 'Invalid parent operation id.'],
  [
    'a parent that is no context',
    [step('p', 'START')],
    [step('a', 'START', { ParentId: 'p' })],
    'Invalid parent operation id.',
  ],
  [
    'one operation twice',
    [],
    [step('a', 'SUCCEED'), step('a', 'SUCCEED')],
    'Cannot update the same operation twice in a single request.',
  ],
  [
    'a wait twice',
    [],
    [wait('a', 9), { Id: 'a', Type: 'WAIT', Action: 'CANCEL' }],
    'Cannot update the same operation twice in a single request.',
  ],
  [
    'two ends of the execution',
    [],
    [execution('SUCCEED'), execution('FAIL')],
    'Cannot checkpoint multiple EXECUTION updates.',
  ],
  [
    'something after the end',
    [],
    [execution('SUCCEED'), step('a', 'START')],
    'EXECUTION checkpoint must be the last update.',
  ],
  ['another type', [step('a', 'START')], [context('a', 'SUCCEED')], 'Inconsistent operation type.'],
  [
    'another subtype',
    [step('a', 'START')],
    [step('a', 'SUCCEED', { SubType: 'WaitForCondition' })],
    'Inconsistent operation subtype.',
  ],
  [
    'another name',
    [step('a', 'START', { Name: 'x' })],
    [step('a', 'SUCCEED', { Name: 'y' })],
    'Inconsistent operation name.',
  ],
  [
    'another parent',
    [context('p', 'START'), step('a', 'START')],
    [step('a', 'SUCCEED', { ParentId: 'p' })],
    'Inconsistent parent operation id.',
  ],
  [
    'a large error',
    [],
    [step('a', 'FAIL', { Error: { ErrorData: 'x'.repeat(32_768) } })],
    'Error object size must be less than 32768 bytes.',
  ],
  [
    'a large payload',
    [],
    [step('a', 'SUCCEED', { Payload: 'x'.repeat(262_145) })],
    'STEP payload size must be less than or equal to 262144 bytes.',
  ],
  [
    'a large event',
    [],
    [chained('a', { Payload: 'x'.repeat(2 ** 20 + 1) })],
    'CHAINED_INVOKE input payload size must be less than or equal to 1048576 bytes.',
  ],
  [
    'a large result',
    [],
    [execution('SUCCEED', { Payload: 'x'.repeat(2 ** 20 + 1) })],
    'Execution output payload size must be less than or equal to 1048576 bytes.',
  ],
]

describe('checkpoints that are refused, and change nothing', () => {
  for (const [what, before, updates, message] of REFUSED)
    test(what, async (t) => {
      await inInvocation(t, async ({ checkpoint }, { operations }) => {
        for (const update of before) await checkpoint(update)
        const kept = await operations()
        const refused = checkpoint(step('new', 'START'), ...updates)
        await assert.rejects(refused, { code: 'InvalidParameterValueException', message, status: 400 })
        assert.deepEqual(await operations(), kept)
      })
    })
})

test('what a step comes through, and what its history shows', async (t) => {
  const events = await inInvocation(t, async ({ checkpoint }, { operation }) => {
    await checkpoint(step('a', 'START'), retry('a', { Error: error }))
    assert.equal((await operation('a'))?.status, 'PENDING')
    await checkpoint(step('b', 'START'), step('b', 'SUCCEED', { Payload: '1' }))
    await checkpoint(step('c', 'FAIL', { Error: error }))
    await checkpoint(retry('d', { Payload: '{"state":1}' }))
  })
  assert.deepEqual(events.slice(1, 7), [
    'StepStarted a',
    'StepFailed a',
    'StepStarted b',
    'StepSucceeded b',
    'StepFailed c',
    'StepSucceeded d',
  ])
})

test('operations come in the order in which they began', async (t) => {
  await inInvocation(t, async ({ checkpoint }, { operations }) => {
    await checkpoint(context('p', 'START'), step('a', 'SUCCEED', { ParentId: 'p' }), context('p', 'SUCCEED'))
    assert.deepEqual((await operations()).map(({ id }) => id).slice(1), ['p', 'a'])
  })
})

test('each token is good once', async (t) => {
  await inInvocation(t, async ({ checkpoint }, { token, here, arn }) => {
    const first = token()
    await checkpoint(step('a', 'START'))
    const again = here.executions.checkpoint(SCOPE, { arn, token: first, updates: [] })
    await assert.rejects(again, { message: 'Invalid checkpoint token' })
  })
})

test('the repetition of a checkpoint gets the same answer, and does nothing', async (t) => {
  await inInvocation(t, async (_, { token, here, arn, operations }) => {
    const request = { arn, token: token(), clientToken: 'c1', updates: [wait('w', 60), callback('c')] }
    const first = await here.executions.checkpoint(SCOPE, request)
    assert.deepEqual(await here.executions.checkpoint(SCOPE, request), first)
    assert.equal((await operations()).length, 3)
    const other = here.executions.checkpoint(SCOPE, { ...request, clientToken: 'c2' })
    await assert.rejects(other, { message: 'Invalid checkpoint token' })
  })
})

test('tokens and ids that are none, or of others', async (t) => {
  await inInvocation(t, async (_, { token, here, arn }) => {
    const { executions } = here
    const checkpoint = (changes: { arn?: string; token?: string }) =>
      executions.checkpoint(SCOPE, { arn, token: token(), updates: [], ...changes })
    await assert.rejects(checkpoint({ token: 'QUJD' }), { message: 'Invalid checkpoint token' })
    await assert.rejects(checkpoint({ arn: arn.replace(/.$/, 'x') }), { message: 'Invalid checkpoint token' })
    const other = Buffer.from(JSON.stringify(['other', 'x', 0])).toString('base64')
    await assert.rejects(checkpoint({ token: other }), {
      message: 'Checkpoint token is not valid for the durable execution ARN',
    })
    const end = { status: 'SUCCEEDED' } as const
    await assert.rejects(executions.callback(SCOPE, 'QUJD', end), { message: 'Invalid callback id' })
    const unknown = Buffer.from(JSON.stringify(['no', 'no', 'no'])).toString('base64')
    await assert.rejects(executions.callback(SCOPE, unknown, end), { code: 'CallbackTimeoutException' })
  })
})

test('a callback is answered by who has its id, once, from its own account', async (t) => {
  await inInvocation(t, async ({ checkpoint }, { here }) => {
    const { operations } = await checkpoint(callback('c'))
    const id = operations[0]?.callbackId ?? ''
    const end = { status: 'FAILED', error } as const
    const elsewhere = here.executions.callback({ ...SCOPE, region: 'us-east-1' }, id, end)
    await assert.rejects(elsewhere, { code: 'CallbackTimeoutException' })
    const [execution, operation] = JSON.parse(Buffer.from(id, 'base64').toString())
    const guessed = Buffer.from(JSON.stringify([execution, operation, 'guess'])).toString('base64')
    await assert.rejects(here.executions.callback(SCOPE, guessed, end), { code: 'CallbackTimeoutException' })
    await here.executions.callback(SCOPE, id, end)
    await assert.rejects(here.executions.heartbeat(SCOPE, id), { code: 'CallbackTimeoutException' })
    assert.deepEqual(
      (await checkpoint()).operations.map(({ status }) => status),
      ['FAILED'],
    )
  })
})

test('what happened in a context that has ended is told only where it is to be replayed', async (t) => {
  await inInvocation(t, async ({ checkpoint }, { token, here, arn }) => {
    const inner = { ParentId: 'inner' }
    await checkpoint(
      context('hidden', 'START'),
      context('inner', 'START', { ParentId: 'hidden' }),
      step('a', 'SUCCEED', inner),
      context('inner', 'SUCCEED', { ContextOptions: { ReplayChildren: true } }),
      context('hidden', 'SUCCEED'),
    )
    await checkpoint(
      context('shown', 'START'),
      step('b', 'SUCCEED', { ParentId: 'shown' }),
      context('shown', 'SUCCEED', { ContextOptions: { ReplayChildren: true } }),
      context('open', 'START'),
      step('c', 'SUCCEED', { ParentId: 'open' }),
    )
    const page = await here.executions.state(SCOPE, { arn, token: token() }, {})
    assert.deepEqual(page.operations.map(({ id }) => id).slice(1), ['hidden', 'shown', 'b', 'open', 'c'])
    const first = await here.executions.state(SCOPE, { arn, token: token() }, { max: 4 })
    assert.equal(first.operations.length, 4)
    const rest = await here.executions.state(SCOPE, { arn, token: token() }, { after: first.next })
    assert.deepEqual(
      rest.operations.map(({ id }) => id),
      ['open', 'c'],
    )
    assert.equal(rest.next, undefined)
  })
})

test('an execution has a bound on its operations', async (t) => {
  await inInvocation(t, async ({ checkpoint }) => {
    const steps = Array.from({ length: OPERATIONS_MAX - 1 }, (_, index) => step(`s${index}`, 'SUCCEED'))
    for (let i = 0; i < steps.length; i += 250) await checkpoint(...steps.slice(i, i + 250))
    await assert.rejects(checkpoint(step('one more', 'SUCCEED')), /at most 3000 operations/)
  })
})

interface Around {
  readonly here: Awaited<ReturnType<typeof testExecutions>>
  readonly arn: string
  /** The one that is good now. */
  token(): string
  operations(): Promise<Operation[]>
  operation(id: string): Promise<Operation | undefined>
}

/** Does something from within a function, and returns the execution's events. */
async function inInvocation(
  t: Parameters<typeof testExecutions>[0],
  work: (invocation: Invocation, around: Around) => Promise<void>,
): Promise<string[]> {
  let failure: unknown
  const begun = Promise.withResolvers<Execution>()
  const here: Around['here'] = await testExecutions(t, {
    open,
    handler: async (invocation) => {
      const execution = await begun.promise
      const { store } = here.executions
      const operations = async () =>
        (await store.operations(execution.id, { max: 5000 })).map(({ item }) => item)
      await work(invocation, {
        here,
        arn: executionArn(execution),
        token: invocation.token,
        operations,
        operation: (id) => store.operation(execution.id, id),
      }).catch((error: unknown) => {
        failure = error
      })
      return succeeded('1')
    },
  })
  const execution = await here.begin()
  begun.resolve(execution)
  await here.ended(execution)
  if (failure !== undefined) throw failure
  return here.events(execution)
}
