import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda'
import { zipOf } from '../test/support/zip.ts'
import type { Figure } from './figure.ts'
import { clientOf, timedInvoke } from './support/functions.ts'
import { startLambdad } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

const TURNS = 40

/** What most functions import. */
const SOURCE = `import datetime, json, logging, urllib.request
def handler(event, context):
    return event
`

const QUICKLY = { maxWaitTime: 30, minDelay: 0.02, maxDelay: 1 }

/** A first Invoke of a version whose environment is a fork of an initialised Python, as its caller sees it. */
export async function snapStart(): Promise<Figure[]> {
  const lambdad = await startLambdad()
  const client = clientOf(lambdad.port)
  await client.send(
    new CreateFunctionCommand({
      FunctionName: 'snap',
      Runtime: 'python3.12',
      Handler: 'index.handler',
      MemorySize: 1769,
      Role: 'arn:aws:iam::000000000000:role/bench',
      SnapStart: { ApplyOn: 'PublishedVersions' },
      Code: { ZipFile: await zipOf({ 'index.py': SOURCE }) },
    }),
  )
  await waitUntilFunctionActiveV2({ client, ...QUICKLY }, { FunctionName: 'snap' })
  const first: number[] = []
  const warm: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    const Environment = { Variables: { TURN: `${turn}` } }
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'snap', Environment }))
    await waitUntilFunctionUpdatedV2({ client, ...QUICKLY }, { FunctionName: 'snap' })
    const { Version } = await client.send(new PublishVersionCommand({ FunctionName: 'snap' }))
    await waitUntilPublishedVersionActive(
      { client, ...QUICKLY },
      { FunctionName: 'snap', Qualifier: Version ?? '' },
    )
    // What init needed has been given back, and the template is frozen.
    await sleep(100)
    first.push(await timedInvoke(lambdad.port, `snap:${Version}`))
    warm.push(await timedInvoke(lambdad.port, `snap:${Version}`))
  }
  await lambdad.stop()
  return [
    {
      what: 'first Invoke of a Python version with SnapStart, p50',
      value: median(first),
      limit: { atMost: 8 },
      unit: 'ms',
      detail: `p95 ${quantile(first, 0.95).toFixed(1)}, warm ${median(warm).toFixed(1)}`,
    },
  ]
}
