import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { readSettings } from '../../src/config.ts'
import { type Running, start as startFromSource } from '../../src/main.ts'
import { zipOf } from './zip.ts'

/** Credentials of account 000000000000. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
export const ROLE = 'arn:aws:iam::123456789012:role/lambda-exec-role'

export interface Platform {
  readonly running: Running
  readonly endpoint: string
  readonly data: string
  /** For further clients. */
  readonly client: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: typeof CREDENTIALS
  }
  readonly lambda: LambdaClient
  readonly logs: CloudWatchLogsClient
  /** Makes a function of these files and waits until it is active; a Node function where no runtime is named. */
  createFunction(files: Readonly<Record<string, string>>, options?: FunctionOptions): Promise<string>
  /** Invokes, and decodes payload and log. */
  invoke(name: string, event?: unknown, options?: Partial<InvokeCommandInput>): Promise<Invoked>
}

export type FunctionOptions = Partial<CreateFunctionCommandInput> & {
  readonly name?: string
  readonly mode?: number
}

export interface Invoked {
  readonly status: number | undefined
  readonly functionError: string | undefined
  readonly executedVersion: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: what a handler returns is for the test to know
  readonly payload: any
  readonly log: string | undefined
  readonly requestId: string | undefined
}

/** A lambdad of its own for one test, on a free port with a folder of its own; stopped when the test ends. */
export async function platform(
  t: TestContext,
  flags: Record<string, string> = {},
  start = startFromSource,
): Promise<Platform> {
  const data = await mkdtemp(path.join(tmpdir(), 'lambdad-test-'))
  const running = await start(
    readSettings({ port: '0', data, logLevel: 'error', downloads: 'false', ...flags }, {}),
  )
  const credentials = flags.auth === 'strict' ? await rootKey(data) : CREDENTIALS
  const client = { endpoint: running.url, region: 'us-east-1', credentials, maxAttempts: 1 }
  const lambda = new LambdaClient(client)
  const logs = new CloudWatchLogsClient({ ...client, disableHostPrefix: true })
  t.after(async () => {
    lambda.destroy()
    logs.destroy()
    await running.stop()
    await rm(data, { recursive: true, force: true, maxRetries: 5 })
  })
  return {
    running,
    endpoint: running.url,
    data,
    client,
    lambda,
    logs,
    createFunction: (files, options) => createFunction(lambda, files, options),
    invoke: (name, event, options) => invoke(lambda, name, event, options),
  }
}

/** The root's credentials, as the command line reads them. */
async function rootKey(data: string): Promise<typeof CREDENTIALS> {
  return JSON.parse(await readFile(path.join(data, 'root-key.json'), 'utf8'))
}

let functions = 0

export async function createFunction(
  lambda: LambdaClient,
  files: Readonly<Record<string, string>>,
  { name = `f${++functions}`, mode, ...rest }: FunctionOptions = {},
): Promise<string> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: ROLE,
      Code: { ZipFile: await zipOf(files, mode) },
      ...rest,
    }),
  )
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: name },
  )
  return name
}

async function invoke(
  lambda: LambdaClient,
  name: string,
  event?: unknown,
  options: Partial<InvokeCommandInput> = {},
): Promise<Invoked> {
  const Payload = event === undefined ? {} : { Payload: JSON.stringify(event) }
  const result = await lambda.send(new InvokeCommand({ FunctionName: name, ...Payload, ...options }))
  const text = Buffer.from(result.Payload ?? []).toString('utf8')
  return {
    status: result.StatusCode,
    functionError: result.FunctionError,
    executedVersion: result.ExecutedVersion,
    payload: text === '' ? undefined : JSON.parse(text),
    log: result.LogResult && Buffer.from(result.LogResult, 'base64').toString('utf8'),
    requestId: result.$metadata.requestId,
  }
}
