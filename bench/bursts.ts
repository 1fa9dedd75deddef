import { spawn } from 'node:child_process'
import { once as event } from 'node:events'
import type { Figure } from './figure.ts'
import { clientOf, createEcho, timedInvoke } from './support/functions.ts'
import { startLambdad } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

const CALLS = 100

/** As many processors as the promise is for. */
const PROCESSORS = 2

/** Warm invocations before the bursts, to compare those during them with. */
const QUIET_CALLS = 200

/** Calls that all come at once where no environment is, for one function and for twenty. */
export async function bursts(): Promise<Figure[]> {
  const lambdad = await startLambdad('--pool-members', '0')
  const client = clientOf(lambdad.port)
  const many = Array.from({ length: 20 }, (_, i) => `many-${i}`)
  for (const name of ['warm', 'one', ...many]) await createEcho(client, name, 'nodejs24.x')
  await timedInvoke(lambdad.port, 'warm')
  const quiet: number[] = []
  for (let i = 0; i < QUIET_CALLS; i++) quiet.push(await timedInvoke(lambdad.port, 'warm'))

  const bare = await bareStarts()
  const during: number[] = []
  const one = await burst(lambdad.port, Array<string>(CALLS).fill('one'), during)
  const twenty = await burst(
    lambdad.port,
    many.flatMap((name) => Array<string>(10).fill(name)),
    during,
  )
  await lambdad.stop()

  const figure = (what: string, { tookMs, calls }: Burst): Figure => ({
    what: `${what}, against ${calls} bare interpreters, ${PROCESSORS} at a time`,
    value: tookMs / ((bare * calls) / CALLS),
    limit: { atMost: 1.5 },
    unit: '×',
    detail: `${tookMs.toFixed(0)} ms against ${((bare * calls) / CALLS).toFixed(0)}`,
  })
  return [
    figure('100 calls at once of one function without environments', one),
    figure('10 calls at once of each of 20 functions without environments', twenty),
    {
      what: 'a warm Invoke while environments of others start, p99 above that of quiet times',
      value: quantile(during, 0.99) - quantile(quiet, 0.99),
      limit: { atMost: 5 },
      unit: 'ms',
      detail: `${during.length} calls, p50 ${median(during).toFixed(1)} against ${median(quiet).toFixed(1)}`,
    },
  ]
}

interface Burst {
  readonly tookMs: number
  readonly calls: number
}

/** Rejects where one is not answered. Into `during` goes how long warm calls took meanwhile. */
async function burst(port: number, names: readonly string[], during: number[]): Promise<Burst> {
  let over = false
  const watching = (async () => {
    while (!over) during.push(await timedInvoke(port, 'warm'))
  })()
  const begun = performance.now()
  await Promise.all(names.map((name) => timedInvoke(port, name)))
  const tookMs = performance.now() - begun
  over = true
  await watching
  return { tookMs, calls: names.length }
}

async function bareStarts(): Promise<number> {
  let left = CALLS
  const begun = performance.now()
  const starter = async () => {
    while (left-- > 0) await event(spawn(process.execPath, ['-e', ''], { stdio: 'ignore' }), 'exit')
  }
  await Promise.all(Array.from({ length: PROCESSORS }, starter))
  return performance.now() - begun
}
