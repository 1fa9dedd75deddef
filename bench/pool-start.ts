import type { Figure } from './figure.ts'
import { type BenchRuntime, clientOf, createEcho, makeCold, timedInvoke } from './support/functions.ts'
import { startLambdad } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

const TURNS = 100

/** Until a runtime waits in the pool again: a boot, on a machine that does other things as well. */
const REFILL_MS = 150

/** A first Invoke whose runtime comes from the pool, as its caller sees it, against a warm one. */
export async function poolStart(): Promise<Figure[]> {
  return [...(await against('nodejs24.x')), ...(await against('python3.11'))]
}

async function against(runtime: BenchRuntime): Promise<Figure[]> {
  const lambdad = await startLambdad()
  const client = clientOf(lambdad.port)
  await createEcho(client, 'echo', runtime)
  await timedInvoke(lambdad.port, 'echo')

  const first: number[] = []
  const warm: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    await makeCold(client, 'echo', turn)
    await new Promise((resolve) => setTimeout(resolve, REFILL_MS))
    first.push(await timedInvoke(lambdad.port, 'echo'))
    warm.push(await timedInvoke(lambdad.port, 'echo'))
  }
  await lambdad.stop()
  const figure = (name: string, share: number, atMost: number): Figure => ({
    what: `first Invoke of a small ${runtime} function from the pool, ${name} above a warm one`,
    value: quantile(first, share) - median(warm),
    limit: { atMost },
    unit: 'ms',
    detail: `${quantile(first, share).toFixed(1)} ms against ${median(warm).toFixed(1)}`,
  })
  return [figure('p50', 0.5, 5), figure('p99', 0.99, 30)]
}
