import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AwsError } from '../../aws/error.ts'
import type { Sender } from '../../aws/ports/delivery.ts'
import type { NewEvent } from '../../invoke/async/invocations.ts'
import type { InvokeRequest } from '../../invoke/invoke.ts'
import { StoreError } from '../../store/errors.ts'
import type { Outcome } from '../../wire/invocation.ts'
import { createLambdaPort } from './port.ts'
import { ACCOUNT, arnOf, REGION, ROLE, testLambda } from './testing.ts'

const RULE: Sender = {
  principal: 'events.amazonaws.com',
  accountId: ACCOUNT,
  sourceArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`,
}
const AS_ROLE: Sender = {
  principal: 'lambda.amazonaws.com',
  accountId: ACCOUNT,
  sourceArn: arnOf('g'),
  roleArn: ROLE,
}
const call = (type: 'Event' | 'RequestResponse', payload = '{"a":1}') => ({
  type,
  payload: Buffer.from(payload),
})

async function withPort(t: TestContext, outcome?: Outcome | Error) {
  const control = await testLambda(t)
  const events: NewEvent[] = []
  const requests: InvokeRequest[] = []
  let ids = 0
  const kept = { fails: undefined as Error | undefined }
  const port = createLambdaPort({
    directory: control.lambda.directory,
    mayInvoke: control.lambda.mayInvoke,
    concurrency: 1000,
    newId: () => `id-${++ids}`,
    executions: () => Promise.reject(new Error('nothing here is durable')),
    keepEvent: async (event) => {
      if (kept.fails !== undefined) throw kept.fails
      events.push(event)
    },
    invoke: async (request) => {
      requests.push(request)
      if (outcome instanceof Error) throw outcome
      return {
        outcome: outcome ?? { kind: 'success', payload: Buffer.from('"yes"'), contentType: '' },
        traceHeader: '',
      }
    },
  })
  await control.create('f')
  const permit = (input: object = {}) =>
    control.call('AddPermission', {
      FunctionName: 'f',
      StatementId: 's',
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: RULE.sourceArn,
      ...input,
    })
  return { ...control, port, events, requests, kept, permit }
}

const fault = (kind: string, code: string) => ({ name: 'DeliveryError', fault: kind, code })

test('an event is kept for whom the resource policy lets in, under an id of its own', async (t) => {
  const { port, events, permit } = await withPort(t)
  const refused = fault('AccessDenied', 'AccessDeniedException')
  await assert.rejects(port.invoke(arnOf('f'), call('Event'), RULE), refused)
  assert.equal(await port.check(arnOf('f'), RULE), 'AccessDenied')
  await permit()
  assert.equal(await port.check(arnOf('f'), RULE), 'ok')
  const given = { ...call('Event'), traceHeader: 'Root=1' }
  assert.deepEqual(await port.invoke(arnOf('f'), given, RULE), { requestId: 'id-1' })
  assert.deepEqual(events, [
    {
      accountId: ACCOUNT,
      region: REGION,
      functionName: 'f',
      requestId: 'id-1',
      payload: Buffer.from('{"a":1}'),
      traceHeader: 'Root=1',
    },
  ])
  const another = { ...RULE, sourceArn: `${RULE.sourceArn}2` }
  await assert.rejects(port.invoke(arnOf('f'), call('Event'), another), refused)
})

test("a permission is of the function, or of the alias: the one is not the other's", async (t) => {
  const { port, permit, call: lambda, events } = await withPort(t)
  await lambda('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '$LATEST' })
  await permit({ Qualifier: 'live' })
  assert.equal(await port.check(arnOf('f'), RULE), 'AccessDenied')
  assert.equal(await port.check(arnOf('f:live'), RULE), 'ok')
  await port.invoke(arnOf('f:live'), call('Event'), RULE)
  assert.equal(events[0]?.qualifier, 'live')
})

test("a role of the function's own account is let in, one of another account is not", async (t) => {
  const { port, events } = await withPort(t)
  await port.invoke(arnOf('f'), call('Event'), AS_ROLE)
  assert.equal(events.length, 1)
  const stranger = { ...AS_ROLE, accountId: '999999999999', roleArn: 'arn:aws:iam::999999999999:role/r' }
  assert.equal(await port.check(arnOf('f'), stranger), 'AccessDenied')
})

test('a call that waits gets what the function answered', async (t) => {
  const { port, requests } = await withPort(t)
  const { payload, ...answer } = await port.invoke(arnOf('f'), call('RequestResponse'), AS_ROLE)
  assert.equal(Buffer.from(payload ?? []).toString(), '"yes"')
  assert.deepEqual(answer, { requestId: 'id-1', executedVersion: '$LATEST' })
  assert.equal(requests[0]?.invokedFunctionArn, arnOf('f'))
})

test("a function's error is an answer", async (t) => {
  const failed: Outcome = { kind: 'function-error', payload: Buffer.from('{}'), errorType: 'Error' }
  const { port } = await withPort(t, failed)
  assert.equal((await port.invoke(arnOf('f'), call('RequestResponse'), AS_ROLE)).functionError, 'Unhandled')
})

test('what went wrong is told as a fault that says whether to try again', async (t) => {
  const { port, kept } = await withPort(
    t,
    new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 }),
  )
  const sends = (arn: string, type: 'Event' | 'RequestResponse', payload?: string) =>
    port.invoke(arn, call(type, payload), AS_ROLE)
  await assert.rejects(sends(arnOf('f'), 'RequestResponse'), fault('Throttled', 'TooManyRequestsException'))
  await assert.rejects(sends(arnOf('none'), 'Event'), fault('NotFound', 'ResourceNotFoundException'))
  await assert.rejects(sends(arnOf('f:7'), 'Event'), fault('NotFound', 'ResourceNotFoundException'))
  assert.equal(await port.check(arnOf('none'), AS_ROLE), 'NotFound')
  await assert.rejects(sends('arn:aws:sqs:eu-central-1:1:q', 'Event'), { fault: 'Invalid' })
  await assert.rejects(sends(arnOf('f'), 'Event', '{'), fault('Invalid', 'InvalidRequestContentException'))
  await assert.rejects(
    sends(arnOf('f'), 'Event', `"${'x'.repeat(1_048_576)}"`),
    fault('Invalid', 'RequestEntityTooLargeException'),
  )
  kept.fails = new StoreError('DiskFull', 'the disk of /data is full')
  await assert.rejects(sends(arnOf('f'), 'Event'), {
    ...fault('Unavailable', 'ServiceException'),
    message: 'The event was not accepted: the disk is full.',
  })
  kept.fails = new StoreError('StoreBusy', 'too many')
  await assert.rejects(sends(arnOf('f'), 'Event'), fault('Throttled', 'TooManyRequestsException'))
})

test('an environment that could not be made is a reason to try again', async (t) => {
  const none: Outcome = { kind: 'platform-error', code: 'ServiceException', message: 'none' }
  const { port } = await withPort(t, none)
  await assert.rejects(
    port.invoke(arnOf('f'), call('RequestResponse'), AS_ROLE),
    fault('Unavailable', 'ServiceException'),
  )
})
