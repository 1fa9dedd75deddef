import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import {
  InvokeWithResponseStreamCommand,
  type InvokeWithResponseStreamCommandInput,
  type InvokeWithResponseStreamCompleteEvent,
  type InvokeWithResponseStreamResponseEvent,
  type LambdaClient,
} from '@aws-sdk/client-lambda'
import { type Platform, platform } from '../support/platform.ts'

/** A function that streams what its event says; `gate` is where it asks whether it may go on. */
export const STREAMER = {
  'index.mjs': `import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const ask = async (gate, what) => (await fetch(gate + what)).text()

const actions = {
  async gated({ gate }, stream) {
    stream.write('one')
    await ask(gate, '/first')
    stream.end('two')
  },
  async http(_event, stream) {
    const metadata = { statusCode: 201, headers: { 'x-a': 'b' }, cookies: ['c=d'] }
    const http = awslambda.HttpResponseStream.from(stream, metadata)
    http.write('body')
    http.end()
  },
  async early() { throw new RangeError('before the first byte') },
  async late(_event, stream) {
    stream.write('one')
    stream.write('two')
    throw new RangeError('midway')
  },
  async uncaught(_event, stream) {
    stream.write('one')
    setTimeout(() => { throw new RangeError('nobody caught it') })
    await new Promise(() => setTimeout(() => {}, 60_000))
  },
  async exit({ gate }, stream) {
    stream.write('one')
    await ask(gate, '/first')
    process.exit(3)
  },
  async hang(_event, stream) {
    stream.write('one')
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  },
  async open(_event, stream) { stream.write('one') },
  async empty(_event, stream) { stream.end() },
  async afterEnd(_event, stream) {
    stream.write('one')
    stream.end()
    stream.write('two')
  },
  async afterThrow(_event, stream) {
    stream.write('one')
    setTimeout(() => stream.write('two'), 1)
    throw new Error('midway')
  },
  async behindTheEnd(_event, stream) {
    stream.write('one')
    setImmediate(() => stream.write('two'))
    throw new Error('midway')
  },
  async pipeline({ bytes }, stream) {
    function* pieces() {
      for (let left = bytes; left > 0; left -= 50_000) yield Buffer.alloc(Math.min(left, 50_000), 'x')
    }
    await pipeline(Readable.from(pieces()), stream)
  },
  async flood({ gate, bytes }, stream) {
    for (let written = 0; written < bytes; written += 65_536) {
      if (stream.write(Buffer.alloc(65_536, 'x'))) continue
      const stalled = setTimeout(() => ask(gate, '/stalled?' + written), 300)
      await once(stream, 'drain')
      clearTimeout(stalled)
    }
    await ask(gate, '/done')
    stream.end()
  },
  async context(_event, stream, context) {
    stream.end(JSON.stringify({ client: context.clientContext, tenant: context.tenantId, arn: context.invokedFunctionArn }))
  },
}

export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.type) stream.setContentType(event.type)
  console.log('at work on', event.do)
  await actions[event.do](event, stream, context)
})`,
}

export interface Collected {
  readonly chunks: readonly string[]
  readonly text: string
  readonly complete: InvokeWithResponseStreamCompleteEvent | undefined
  readonly log: string | undefined
  readonly executedVersion: string | undefined
  readonly contentType: string | undefined
  readonly requestId: string | undefined
}

type Options = Partial<InvokeWithResponseStreamCommandInput>

/** Lambda with a function that streams; functions reach the test's own servers. */
export async function streaming(
  t: TestContext,
  {
    flags = {},
    ...options
  }: { flags?: Record<string, string> } & Parameters<Platform['createFunction']>[1] = {},
) {
  const all = await platform(t, { network: 'shared', ...flags })
  const name = await all.createFunction(STREAMER, { Timeout: 30, ...options })
  return {
    ...all,
    name,
    collect: (event: unknown, given: Options = {}) => collect(all.lambda, name, event, given),
    begin: (event: unknown, given: Options = {}) => begin(all.lambda, name, event, given),
  }
}

/** The answer's events, as they come. */
export async function begin(
  lambda: LambdaClient,
  FunctionName: string,
  event: unknown,
  options: Options = {},
): Promise<AsyncIterator<InvokeWithResponseStreamResponseEvent>> {
  const { EventStream } = await send(lambda, FunctionName, event, options)
  if (EventStream === undefined) throw new Error('there is no stream')
  return EventStream[Symbol.asyncIterator]()
}

/** The answer, to its end. */
export async function collect(
  lambda: LambdaClient,
  FunctionName: string,
  event: unknown,
  options: Options = {},
): Promise<Collected> {
  const answer = await send(lambda, FunctionName, event, options)
  const events = await Array.fromAsync(answer.EventStream ?? [])
  const complete = events.at(-1)?.InvokeComplete
  const chunks = events.flatMap((each) =>
    each.PayloadChunk === undefined ? [] : [Buffer.from(each.PayloadChunk.Payload ?? []).toString()],
  )
  return {
    chunks,
    text: chunks.join(''),
    complete,
    log: complete?.LogResult && Buffer.from(complete.LogResult, 'base64').toString(),
    executedVersion: answer.ExecutedVersion,
    contentType: answer.ResponseStreamContentType,
    requestId: answer.$metadata.requestId,
  }
}

function send(lambda: LambdaClient, FunctionName: string, event: unknown, options: Options) {
  const Payload = event === undefined ? {} : { Payload: JSON.stringify(event) }
  return lambda.send(new InvokeWithResponseStreamCommand({ FunctionName, ...Payload, ...options }))
}

export interface Gate {
  readonly url: string
  /** Resolves when the function asks for it, which waits until the answer is ended. Who asks again is answered at once. */
  asked(path: string): Promise<[IncomingMessage, ServerResponse]>
}

/** Where a function asks whether it may go on. */
export async function gate(t: TestContext): Promise<Gate> {
  const waiting = new Map<string, PromiseWithResolvers<[IncomingMessage, ServerResponse]>>()
  const of = (path: string) => {
    const found = waiting.get(path) ?? Promise.withResolvers<[IncomingMessage, ServerResponse]>()
    waiting.set(path, found)
    return found
  }
  const asked = new Set<string>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    if (asked.has(path)) response.end()
    asked.add(path)
    of(path).resolve([request, response])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: (path) => of(path).promise,
  }
}
