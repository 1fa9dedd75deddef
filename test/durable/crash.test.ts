import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { realClock } from '../../src/base/clock.ts'
import { realRandom } from '../../src/base/random.ts'
import { type Daemon, dataFolder, startDaemon } from '../support/daemon.ts'
import { CREDENTIALS, createFunction } from '../support/platform.ts'
import { begin, createDurable, ended, history } from './support.ts'

const KILLS = process.env.LAMBDAD_LONG ? 60 : 3
const STEPS = 7

// Steps return numbers that are drawn when they run. A step that ran again after its result was acknowledged
// would return another one than its history says.
test('executions go on after a SIGKILL between any two steps', {
  timeout: 60_000 + KILLS * 10_000,
}, async (t) => {
  const data = await dataFolder(t)
  const daemons: Daemon[] = [await startDaemon(t, data)]
  const client = () => clientOf(daemons.at(-1) as Daemon)
  await createDurable({ createFunction: (...args) => createFunction(client(), ...args) }, 'flow')

  const acknowledged: string[] = []
  for (let kills = 0; kills < KILLS; kills++) {
    const killed = daemons.at(-1) as Daemon
    const starting = startUntilKilled(client(), acknowledged)
    await realClock.sleep(300 + realRandom.fraction() * 1500)
    await killed.kill()
    await starting
    daemons.push(await startDaemon(t, data))
  }

  assert.ok(acknowledged.length >= KILLS, `${acknowledged.length} executions were begun`)
  for (const arn of acknowledged) await assertWhole(client(), arn)
  t.diagnostic(`${KILLS} kills, ${acknowledged.length} executions, all of them whole`)
  await daemons.at(-1)?.stop()
})

function clientOf({ url }: Daemon): LambdaClient {
  return new LambdaClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 })
}

/** Until the daemon is gone: what it said yes to must end. */
async function startUntilKilled(lambda: LambdaClient, acknowledged: string[]): Promise<void> {
  try {
    for (;;) {
      acknowledged.push(await begin(lambda, 'flow', { workflow: 'chain', steps: STEPS }))
      await realClock.sleep(150)
    }
  } catch {
    // Not acknowledged: it may have begun, or not.
  }
}

async function assertWhole(lambda: LambdaClient, arn: string): Promise<void> {
  const { Status, Result = '', Error: error } = await ended(lambda, arn)
  assert.equal(Status, 'SUCCEEDED', JSON.stringify(error))
  const events = await history(lambda, arn)
  const succeeded = events.filter(({ EventType }) => EventType === 'StepSucceeded')
  assert.deepEqual(
    succeeded.map(({ Name }) => Name),
    Array.from({ length: STEPS }, (_, index) => `s${index}`),
    'each step succeeded once, in its turn',
  )
  const kept = succeeded.map(({ StepSucceededDetails }) => Number(StepSucceededDetails?.Result?.Payload))
  assert.deepEqual(JSON.parse(Result), kept, 'what the handler saw is what was acknowledged')
  assert.deepEqual(
    events.map(({ EventId }) => EventId),
    events.map((_, index) => index + 1),
  )
  assert.equal(events.filter(({ EventType }) => EventType === 'WaitSucceeded').length, 2)
}
