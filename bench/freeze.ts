import { createRuntimeFinder } from '../src/worker/runtimes/finder.ts'
import { type TestFunction, testWorker } from '../src/worker/testing.ts'
import type { Figure } from './figure.ts'
import { median } from './support/statistics.ts'

const TURNS = 300

/** Longer than what rests here stays warm. */
const PAUSE_MS = 15
const FREEZE_AFTER_MS = 2
const NEVER_MS = 2 ** 30

const NODE = [{ name: 'index.mjs', data: 'export const handler = async (event) => event' }]
const PYTHON = [{ name: 'index.py', data: 'def handler(event, context):\n    return event\n' }]

/** What it adds to an invocation after a pause that the environment was frozen meanwhile. */
export async function freeze(): Promise<Figure[]> {
  const ends: (() => unknown)[] = []
  const t = { after: (end: () => unknown) => void ends.push(end) } as Parameters<typeof testWorker>[0]
  const runtimes = createRuntimeFinder({ env: process.env, home: process.env.HOME ?? '/' })
  const workerWith = (freezeAfterMs: number) =>
    testWorker(t, 'process', { runtimes, settings: { freezeAfterMs, poolMembersMax: 0 } })
  const [frozen, awake] = await Promise.all([workerWith(FREEZE_AFTER_MS), workerWith(NEVER_MS)])
  const figures: Figure[] = []
  for (const [runtime, code] of [
    ['nodejs24.x', NODE],
    ['python3.11', PYTHON],
  ] as const) {
    const changes = { runtime, memoryMb: 1769 }
    const pair = [frozen.startFunction([...code], changes), awake.startFunction([...code], changes)]
    const [a = [], b = []] = await inTurn(pair)
    figures.push({
      what: `freezing and thawing a ${runtime} environment, added to the p50 of an invocation after a pause`,
      value: (median(a) - median(b)) * 1000,
      limit: { atMost: 80 },
      unit: 'µs',
      detail: `${Math.round(median(a) * 1000)} µs against ${Math.round(median(b) * 1000)}`,
    })
  }
  for (const end of ends) await end()
  return figures
}

async function inTurn(functions: readonly TestFunction[]): Promise<number[][]> {
  const times: number[][] = functions.map(() => [])
  for (const fn of functions) await fn.invoke({})
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, fn] of functions.entries()) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      const begun = performance.now()
      const outcome = fn.environment.invoke({
        requestId: `${turn}`,
        invokedFunctionArn: fn.environment.fn.arn,
        payload: Buffer.from('{}'),
        traceHeader: '',
      })
      await outcome
      times[i]?.push(performance.now() - begun)
    }
  }
  return times
}
