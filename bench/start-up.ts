import type { Figure } from './figure.ts'
import { residentMb, startLambdad } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

const RUNS = 7
/** For what a start puts off to have settled. */
const IDLE_MS = 2000

/** From spawn to the line that says ready, and what an idle lambdad holds in memory. */
export async function startUp(): Promise<Figure[]> {
  const readyMs: number[] = []
  let resident = 0
  for (let run = 0; run <= RUNS; run++) {
    const lambdad = await startLambdad()
    if (run > 0) readyMs.push(lambdad.readyMs) // the first one fills the compile cache
    if (run === RUNS) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
      resident = await residentMb(lambdad.child.pid)
    }
    await lambdad.stop()
  }
  return [
    {
      what: 'start-up to ready, p50',
      value: median(readyMs),
      limit: { atMost: 500 },
      unit: 'ms',
      detail: `slowest of ${RUNS}: ${Math.round(quantile(readyMs, 1))} ms`,
    },
    {
      what: 'resident memory, idle',
      value: resident,
      limit: { atMost: 120 },
      unit: 'MB',
      detail: '',
    },
  ]
}
