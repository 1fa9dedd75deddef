import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { Lambda } from '@aws-sdk/client-lambda'
import { S3 } from '@aws-sdk/client-s3'
import { AwsError } from '../../src/aws/error.ts'
import type { Call } from '../../src/aws/operation.ts'
import { gateway } from './gateway.ts'

async function* inTurn<T>(...events: T[]): AsyncGenerator<T> {
  yield* events
}

test('InvokeWithResponseStream: each chunk is an event of its own', async (t) => {
  const { client } = await gateway(t, {
    lambda: {
      InvokeWithResponseStream: (input) => ({
        StatusCode: 200,
        ResponseStreamContentType: 'text/plain',
        EventStream: inTurn(
          { PayloadChunk: { Payload: Buffer.from('one') } },
          { PayloadChunk: { Payload: input.Payload } },
          { InvokeComplete: { LogResult: 'bG9n' } },
        ),
      }),
    },
  })
  const answer = await new Lambda(client).invokeWithResponseStream({ FunctionName: 'f', Payload: 'two' })
  const events = await Array.fromAsync(answer.EventStream ?? [])
  assert.deepEqual(
    events.map((event) => Buffer.from(event.PayloadChunk?.Payload ?? []).toString()),
    ['one', 'two', ''],
  )
  assert.equal(events[2]?.InvokeComplete?.LogResult, 'bG9n')
  assert.equal(answer.StatusCode, 200)
})

test('SelectObjectContent: XML and empty events', async (t) => {
  const { client } = await gateway(t, {
    s3: {
      SelectObjectContent: () => ({
        Payload: inTurn<object>(
          { Records: { Payload: Buffer.from('a,b\n') } },
          { Stats: { Details: { BytesScanned: 4 } } },
          { End: {} },
        ),
      }),
    },
  })
  const s3 = new S3({ ...client, forcePathStyle: true })
  const answer = await s3.selectObjectContent({
    Bucket: 'bucket',
    Key: 'k',
    Expression: 'x',
    ExpressionType: 'SQL',
    InputSerialization: {},
    OutputSerialization: {},
  })
  const events = await Array.fromAsync(answer.Payload ?? [])
  assert.equal(Buffer.from(events[0]?.Records?.Payload ?? []).toString(), 'a,b\n')
  assert.equal(events[1]?.Stats?.Details?.BytesScanned, 4)
  assert.deepEqual(events[2]?.End, {})
})

test('SubscribeToShard streams over HTTP/2', async (t) => {
  const { client } = await gateway(t, {
    kinesis: {
      SubscribeToShard: () => ({
        EventStream: inTurn({
          SubscribeToShardEvent: { Records: [], ContinuationSequenceNumber: '7', MillisBehindLatest: 0 },
        }),
      }),
    },
  })
  const kinesis = new Kinesis(client)
  const answer = await kinesis.subscribeToShard({
    ConsumerARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s/consumer/c:1',
    ShardId: 'shardId-000000000000',
    StartingPosition: { Type: 'LATEST' },
  })
  const events = await Array.fromAsync(answer.EventStream ?? [])
  assert.equal(events[0]?.SubscribeToShardEvent?.ContinuationSequenceNumber, '7')
  kinesis.destroy()
})

test('a stream that fails ends with its exception, or with an error without our text', async (t) => {
  const errors = [new AwsError('SessionTimeoutException', 'over'), new Error('secret')]
  const { client, faults } = await gateway(t, {
    'cloudwatch-logs': {
      StartLiveTail: () => ({
        // biome-ignore lint/correctness/useYield: it fails before its first event
        responseStream: (async function* () {
          throw errors.shift()
        })(),
      }),
    },
  })
  const logs = new CloudWatchLogs({ ...client, disableHostPrefix: true })
  const tail = async () => {
    const { responseStream } = await logs.startLiveTail({ logGroupIdentifiers: ['g'] })
    return Array.fromAsync(responseStream ?? [])
  }
  await assert.rejects(tail, { name: 'SessionTimeoutException', message: 'over' })
  await assert.rejects(tail, (error: Error) => !error.message.includes('secret'))
  assert.equal((faults[0] as Error).message, 'secret')
})

test('StartLiveTail goes on until its client goes away, who is then not kept', async (t) => {
  let call: Call | undefined
  let sent = 0
  const returned = Promise.withResolvers<void>()
  const { client, faults } = await gateway(t, {
    'cloudwatch-logs': {
      StartLiveTail: (_input, theCall) => {
        call = theCall
        return { responseStream: updates() }
      },
    },
  })
  async function* updates() {
    try {
      yield { sessionStart: { sessionId: 's', logGroupIdentifiers: ['g'] } }
      for (;;) {
        sent++
        yield { sessionUpdate: { sessionResults: [{ message: `m${sent}` }] } }
        await sleep(5)
      }
    } finally {
      returned.resolve()
    }
  }
  // Its host is streaming-localhost, as AWS's is streaming-logs: the prefix is stripped by nobody else.
  const logs = new CloudWatchLogs({ ...client, disableHostPrefix: true })
  const abort = new AbortController()
  const answer = await logs.startLiveTail({ logGroupIdentifiers: ['g'] }, { abortSignal: abort.signal })
  const seen: string[] = []
  for await (const event of answer.responseStream ?? []) {
    seen.push(event.sessionStart?.sessionId ?? event.sessionUpdate?.sessionResults?.[0]?.message ?? '')
    if (seen.length === 4) break
  }
  assert.deepEqual(seen, ['s', 'm1', 'm2', 'm3'])
  abort.abort()
  logs.destroy()
  await returned.promise
  if (!call?.signal.aborted) await once(call?.signal as AbortSignal, 'abort')
  assert.deepEqual(faults, [])
})

test('a client that reads slowly holds the events back', async (t) => {
  let made = 0
  const { endpoint } = await gateway(t, {
    lambda: {
      InvokeWithResponseStream: () => ({
        EventStream: (async function* () {
          for (;;) {
            made++
            yield { PayloadChunk: { Payload: Buffer.alloc(64 * 1024) } }
          }
        })(),
      }),
    },
  })
  const answer = await fetch(`${endpoint}/2021-11-15/functions/f/response-streaming-invocations`, {
    method: 'POST',
  })
  const reader = answer.body?.getReader()
  await reader?.read()
  let before = -1
  while (made !== before) {
    before = made
    await sleep(50)
  }
  // Sockets and clients buffer some megabytes; a gateway without backpressure would go on for ever.
  assert.ok(made < 1000, `${made} events were made for a client that took one`)
  await reader?.cancel()
})
