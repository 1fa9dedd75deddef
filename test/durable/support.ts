import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  type Event,
  GetDurableExecutionCommand,
  type GetDurableExecutionCommandOutput,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  type InvokeCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda'
import { realClock } from '../../src/base/clock.ts'
import type { Platform } from '../support/platform.ts'
import { packedSdk } from './sdk.ts'

/** Makes a durable function of the workflows in `fixtures/`. */
export function createDurable(
  { createFunction }: Pick<Platform, 'createFunction'>,
  name: string,
  ExecutionTimeout = 300,
): Promise<string> {
  const code = readFileSync(path.join(import.meta.dirname, 'fixtures', 'index.cjs'))
  return createFunction({ 'index.cjs': code, ...packedSdk() } as never, {
    name,
    Timeout: 30,
    MemorySize: 1769,
    DurableConfig: { ExecutionTimeout, RetentionPeriodInDays: 1 },
  })
}

/** Begins a workflow without waiting for it. */
export async function begin(
  lambda: LambdaClient,
  FunctionName: string,
  event: unknown,
  options: Partial<InvokeCommandInput> = {},
): Promise<string> {
  const { DurableExecutionArn = '' } = await lambda.send(
    new InvokeCommand({
      FunctionName,
      Qualifier: '$LATEST',
      InvocationType: 'Event',
      Payload: JSON.stringify(event),
      ...options,
    }),
  )
  return DurableExecutionArn
}

/** The execution, once it has ended. */
export async function ended(lambda: LambdaClient, arn: string): Promise<GetDurableExecutionCommandOutput> {
  for (;;) {
    const shown = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }))
    if (shown.Status !== 'RUNNING') return shown
    await realClock.sleep(20)
  }
}

export async function history(lambda: LambdaClient, DurableExecutionArn: string): Promise<Event[]> {
  const { Events = [] } = await lambda.send(
    new GetDurableExecutionHistoryCommand({
      DurableExecutionArn,
      IncludeExecutionData: true,
      MaxItems: 1000,
    }),
  )
  return Events
}

/** The first event of this type, as soon as there is one. */
export async function happened(lambda: LambdaClient, arn: string, type: string): Promise<Event> {
  for (;;) {
    const found = (await history(lambda, arn)).find(({ EventType }) => EventType === type)
    if (found !== undefined) return found
    await realClock.sleep(20)
  }
}
