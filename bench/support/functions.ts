import {
  CreateFunctionCommand,
  LambdaClient,
  type Runtime,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { zipOf } from '../../test/support/zip.ts'
import { once, request } from './load.ts'

/** A signature that open mode believes. */
export const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0'

export const invocationsOf = (name: string) => `/2015-03-31/functions/${name}/invocations`

export const SOURCES = {
  'nodejs24.x': { 'index.mjs': 'export const handler = async (event) => event' },
  'python3.11': { 'index.py': 'def handler(event, context):\n    return event\n' },
} as const

export type BenchRuntime = keyof typeof SOURCES

export function clientOf(port: number): LambdaClient {
  const credentials = { accessKeyId: '000000000000', secretAccessKey: 'any' }
  return new LambdaClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  })
}

/** An echo function, active. */
export function createEcho(client: LambdaClient, name: string, runtime: BenchRuntime): Promise<void> {
  return createFunction(client, name, runtime, SOURCES[runtime])
}

export async function createFunction(
  client: LambdaClient,
  name: string,
  runtime: Runtime,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: runtime,
      Handler: 'index.handler',
      MemorySize: 1769,
      Role: 'arn:aws:iam::000000000000:role/bench',
      Code: { ZipFile: await zipOf(files) },
    }),
  )
  await waitUntilFunctionActiveV2(
    { client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: name },
  )
}

/** Makes the next invocation a cold one. */
export async function makeCold(client: LambdaClient, name: string, turn: number): Promise<void> {
  const Environment = { Variables: { TURN: `${turn}` } }
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment }))
  await waitUntilFunctionUpdatedV2(
    { client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: name },
  )
}

/** How long an Invoke takes as its caller sees it, milliseconds: on a bare socket, without an SDK's own time. */
export function timedInvoke(port: number, name: string): Promise<number> {
  return once(port, request(port, invocationsOf(name), { authorization: AUTHORIZATION }, '{"a":1}'))
}
