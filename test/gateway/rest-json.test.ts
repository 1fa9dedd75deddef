import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APIGateway } from '@aws-sdk/client-api-gateway'
import { ApiGatewayV2 } from '@aws-sdk/client-apigatewayv2'
import { Lambda, ResourceNotFoundException, TooManyRequestsException } from '@aws-sdk/client-lambda'
import { AwsError } from '../../src/aws/error.ts'
import { gateway } from './gateway.ts'

test('an Invoke carries its payload both ways unread, and its headers', async (t) => {
  const { client } = await gateway(t, {
    lambda: {
      Invoke: (input) => {
        assert.ok(Buffer.isBuffer(input.Payload))
        assert.equal(input.LogType, 'Tail')
        return {
          StatusCode: 200,
          Payload: input.Payload,
          ExecutedVersion: '7',
          LogResult: 'bG9n',
          FunctionError: 'Unhandled',
        }
      },
    },
  })
  const lambda = new Lambda(client)
  const payload = Buffer.from('no JSON at all \xff', 'latin1')
  const answer = await lambda.invoke({ FunctionName: 'f', Payload: payload, LogType: 'Tail' })
  assert.deepEqual(Buffer.from(answer.Payload ?? []), payload)
  assert.equal(answer.FunctionError, 'Unhandled')
  assert.equal(answer.LogResult, 'bG9n')
  assert.equal(answer.ExecutedVersion, '7')
  assert.equal(answer.StatusCode, 200)
})

test('an Invoke answers application/json, its request id and nothing else that AWS has not', async (t) => {
  const { endpoint } = await gateway(t, {
    lambda: { Invoke: () => ({ StatusCode: 202, Payload: undefined }) },
  })
  const answer = await fetch(`${endpoint}/2015-03-31/functions/f/invocations`, { method: 'POST', body: '{}' })
  assert.equal(answer.status, 202)
  assert.equal(answer.headers.get('content-type'), 'application/json')
  assert.match(answer.headers.get('x-amzn-requestid') ?? '', /^[\da-f-]{36}$/)
  assert.equal(answer.headers.get('content-length'), '0')
})

test('an operation is told who calls, from where, and how it was reached', async (t) => {
  const { client, endpoint } = await gateway(t, {
    lambda: {
      ListFunctions: (_input, call) => {
        const { accountId, region, principalArn, traceHeader } = call
        assert.deepEqual(
          { accountId, region, principalArn, traceHeader, endpoint: call.endpoint },
          {
            accountId: '123456789012',
            region: 'eu-west-1',
            principalArn: 'arn:aws:iam::123456789012:root',
            traceHeader: undefined,
            endpoint,
          },
        )
        assert.equal(call.signal.aborted, false)
        return { Functions: [] }
      },
    },
  })
  assert.deepEqual((await new Lambda(client).listFunctions({})).Functions, [])
})

test('labels are decoded, and an ARN in a path is one label', async (t) => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST'
  const { client } = await gateway(t, {
    lambda: { GetFunction: (input) => ({ Tags: { name: input.FunctionName } }) },
  })
  assert.equal((await new Lambda(client).getFunction({ FunctionName: arn })).Tags?.name, arn)
})

test('a deleted thing answers 204 without a body', async (t) => {
  const { endpoint } = await gateway(t, { lambda: { DeleteAlias: () => undefined } })
  const answer = await fetch(`${endpoint}/2015-03-31/functions/f/aliases/a`, { method: 'DELETE' })
  assert.equal(answer.status, 204)
  assert.equal(answer.headers.get('content-length'), null)
  assert.equal(await answer.text(), '')
})

test('an error has the status, the type header and the members of its model', async (t) => {
  const { client, endpoint } = await gateway(t, {
    lambda: {
      GetFunction: () => {
        throw new AwsError('ResourceNotFoundException', 'Function not found: f')
      },
      Invoke: () => {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
          members: { Reason: 'ConcurrentInvocationLimitExceeded', retryAfterSeconds: '1' },
        })
      },
    },
  })
  const lambda = new Lambda(client)
  await assert.rejects(lambda.getFunction({ FunctionName: 'f' }), (error) => {
    assert.ok(error instanceof ResourceNotFoundException)
    assert.equal(error.message, 'Function not found: f')
    assert.equal(error.Type, 'User')
    assert.equal(error.$metadata.httpStatusCode, 404)
    return true
  })
  await assert.rejects(lambda.invoke({ FunctionName: 'f' }), (error) => {
    assert.ok(error instanceof TooManyRequestsException)
    assert.equal(error.Reason, 'ConcurrentInvocationLimitExceeded')
    assert.equal(error.retryAfterSeconds, '1')
    return true
  })
  const raw = await fetch(`${endpoint}/2015-03-31/functions/f`)
  assert.equal(raw.headers.get('x-amzn-errortype'), 'ResourceNotFoundException')
  assert.deepEqual(await raw.json(), { Type: 'User', Message: 'Function not found: f' })
})

test('an error that no model lists has a small message and no Type', async (t) => {
  const { endpoint } = await gateway(t, {
    lambda: {
      GetFunction: () => {
        throw new AwsError('AccessDeniedException', 'no', { status: 403 })
      },
    },
  })
  const answer = await fetch(`${endpoint}/2015-03-31/functions/f`)
  assert.equal(answer.status, 403)
  assert.deepEqual(await answer.json(), { message: 'no' })
})

test('a defect is reported, and answered without its text', async (t) => {
  const { client, faults } = await gateway(t, {
    lambda: {
      GetFunction: () => {
        throw new Error('password is hunter2')
      },
    },
  })
  await assert.rejects(new Lambda(client).getFunction({ FunctionName: 'f' }), {
    name: 'ServiceException',
    message: 'An error occurred and the request cannot be processed.',
    Type: 'Service',
  })
  assert.equal((faults[0] as Error).message, 'password is hunter2')
})

test('an output or an error that its model cannot write is a fault of ours, and answered', async (t) => {
  const unwritable = { big: 1n }
  const { client, faults } = await gateway(t, {
    lambda: {
      Invoke: () => ({ StatusCode: 200, LogResult: unwritable }),
      GetFunction: () => {
        throw new AwsError('TooManyRequestsException', 'm', { members: { retryAfterSeconds: unwritable } })
      },
    },
  })
  const lambda = new Lambda(client)
  await assert.rejects(lambda.invoke({ FunctionName: 'f' }), { name: 'ServiceException' })
  await assert.rejects(lambda.getFunction({ FunctionName: 'f' }), { name: 'ServiceException' })
  assert.equal(faults.length, 2)
})

test('an operation that is not there yet answers 501 and its name', async (t) => {
  const { client } = await gateway(t, { lambda: {} })
  await assert.rejects(new Lambda(client).listLayers({}), (error: Error & { $metadata: object }) => {
    assert.equal(error.name, 'UnknownOperationException')
    assert.equal(error.message, 'lambdad does not support lambda:ListLayers yet.')
    assert.deepEqual((error.$metadata as { httpStatusCode: number }).httpStatusCode, 501)
    return true
  })
})

test('the two API Gateways, which share a signing name, are told apart by their paths', async (t) => {
  const { client } = await gateway(t, {
    'api-gateway': { CreateRestApi: () => ({ id: 'v1', createdDate: new Date(1000) }) },
    apigatewayv2: { CreateApi: () => ({ ApiId: 'v2', CreatedDate: new Date(1000) }) },
  })
  const one = await new APIGateway(client).createRestApi({ name: 'n' })
  const two = await new ApiGatewayV2(client).createApi({ Name: 'n', ProtocolType: 'HTTP' })
  assert.deepEqual([one.id, one.createdDate?.getTime()], ['v1', 1000])
  assert.deepEqual([two.ApiId, two.CreatedDate?.getTime()], ['v2', 1000])
})
