import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BusEvent } from '../../aws/ports/events.ts'
import { openSqlite } from '../../store/sqlite.ts'
import type { OpenDatabase } from '../../store/testing.ts'
import { executionArn } from './execution.ts'
import { PENDING, SCOPE, succeeded, testExecutions, wait } from './testing.ts'

const open: OpenDatabase = () => openSqlite(':memory:')
const BUS = `arn:aws:events:${SCOPE.region}:${SCOPE.accountId}:event-bus/default`

function told() {
  const events: { to: string; what: BusEvent; by: string }[] = []
  const put = async (to: string, what: BusEvent, sender: { principal: string }) => {
    events.push({ to, what, by: sender.principal })
    return { eventId: 'e' }
  }
  const statuses = () => events.map(({ what }) => JSON.parse(what.detail).status)
  return { events, put, statuses }
}

describe('EventBridge is told of executions', () => {
  test('when one begins and when it succeeds, in AWS’s words', async (t) => {
    const { events, put } = told()
    const handler = async () => succeeded('1')
    const here = await testExecutions(t, { open, handler, deps: { events: { put } } })
    const begun = await here.begin({ name: 'order-1' })
    const ended = await here.ended(begun)

    const detail = {
      durableExecutionArn: executionArn(begun),
      durableExecutionName: 'order-1',
      functionArn: `arn:aws:lambda:${SCOPE.region}:${SCOPE.accountId}:function:f:$LATEST`,
      startTimestamp: new Date(begun.startedAt).toISOString(),
    }
    const event = { source: 'aws.lambda', detailType: 'Durable Execution Status Change', resources: [] }
    assert.deepEqual(
      events.map(({ to, what: { detail: text, ...what }, by }) => ({
        to,
        by,
        what,
        detail: JSON.parse(text),
      })),
      [
        {
          to: BUS,
          by: 'lambda.amazonaws.com',
          what: { ...event, time: begun.startedAt },
          detail: { ...detail, status: 'RUNNING' },
        },
        {
          to: BUS,
          by: 'lambda.amazonaws.com',
          what: { ...event, time: ended.endedAt },
          detail: {
            ...detail,
            status: 'SUCCEEDED',
            endTimestamp: new Date(ended.endedAt ?? 0).toISOString(),
          },
        },
      ],
    )
  })

  test('once of each end: stopped, timed out, failed; a second start under the same name tells nothing', async (t) => {
    const { put, statuses } = told()
    const here = await testExecutions(t, {
      open,
      handler: async (invocation) => {
        await invocation.checkpoint(wait('w', 100))
        return PENDING
      },
      deps: { events: { put } },
    })
    const stopped = await here.begin({ name: 'a' })
    await here.quiet()
    await here.begin({ name: 'a' })
    await here.executions.stopExecution(SCOPE, executionArn(stopped), {})
    await here.executions.stopExecution(SCOPE, executionArn(stopped), {})
    await here.begin({ timeoutSeconds: 10 })
    await here.pass(11)
    assert.deepEqual(statuses(), ['RUNNING', 'STOPPED', 'RUNNING', 'TIMED_OUT'])
  })

  test('of a function’s own failure', async (t) => {
    const { put, statuses } = told()
    const handler = async () => ({ Status: 'FAILED', Error: { ErrorType: 'E' } })
    const here = await testExecutions(t, { open, handler, deps: { events: { put } } })
    await here.ended(await here.begin())
    assert.deepEqual(statuses(), ['RUNNING', 'FAILED'])
  })

  test('and where that fails the execution goes on, and the failure is reported', async (t) => {
    const faults: unknown[] = []
    const failure = new Error('no bus')
    const here = await testExecutions(t, {
      open,
      handler: async () => succeeded('1'),
      deps: { events: { put: () => Promise.reject(failure) }, reportFault: (error) => faults.push(error) },
    })
    assert.equal((await here.ended(await here.begin())).status, 'SUCCEEDED')
    assert.deepEqual(faults, [failure, failure])
  })

  test('nobody waits for it, and what it is behind with has a bound', async (t) => {
    const faults: unknown[] = []
    const held = Promise.withResolvers<{ eventId: string }>()
    const { StatusChanges } = await import('./status-changes.ts')
    const here = await testExecutions(t, { open, handler: async () => succeeded('1') })
    const execution = await here.begin()
    const changes = new StatusChanges({
      events: { put: () => held.promise },
      reportFault: (error) => faults.push(error),
    })
    for (let told = 0; told < 1001; told++) changes.tell(execution)
    assert.equal(changes.underWay, 1000)
    assert.match(String(faults[0]), /it is behind$/)
    held.resolve({ eventId: 'e' })
    await changes.settled()
    assert.equal(changes.underWay, 0)
  })
})
