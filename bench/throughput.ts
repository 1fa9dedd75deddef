import type { Figure } from './figure.ts'
import { AUTHORIZATION, clientOf, createEcho, invocationsOf } from './support/functions.ts'
import { load, request } from './support/load.ts'
import { startEcho, startHop, startLambdad } from './support/processes.ts'
import { processorTime } from './support/processor-time.ts'
import { median } from './support/statistics.ts'

const ROUNDS = 4
const ROUND_MS = 2500
const CONNECTIONS = 32

/** Requests per second of a warm Node echo function with logs on, against a bare node:http echo. */
export async function throughput(): Promise<Figure[]> {
  const [echo, hop, lambdad] = await Promise.all([startEcho(), startHop(), startLambdad()])
  await createEcho(clientOf(lambdad.port), 'echo', 'nodejs24.x')
  const a = request(lambdad.port, invocationsOf('echo'), { authorization: AUTHORIZATION }, '{"a":1}')
  const b = request(echo.port, '/', {}, '{"a":1}')
  const c = request(hop.port, '/', {}, '{"a":1}')
  await load(lambdad.port, a, CONNECTIONS, ROUND_MS)
  await load(echo.port, b, CONNECTIONS, ROUND_MS)
  await load(hop.port, c, CONNECTIONS, ROUND_MS)

  const ours: number[] = []
  const bare: number[] = []
  const hopped: number[] = []
  const daemon: number[] = []
  const runtimes: number[] = []
  let errors = 0
  for (let round = 0; round < ROUNDS; round++) {
    const before = processorTime(lambdad.child.pid)
    const run = await load(lambdad.port, a, CONNECTIONS, ROUND_MS)
    const after = processorTime(lambdad.child.pid)
    if (before !== undefined && after !== undefined) {
      daemon.push((after.own - before.own) / run.latencies.length)
      runtimes.push((after.below - before.below) / run.latencies.length)
    }
    errors += run.errors
    ours.push(run.requestsPerSecond)
    bare.push((await load(echo.port, b, CONNECTIONS, ROUND_MS)).requestsPerSecond)
    hopped.push((await load(hop.port, c, CONNECTIONS, ROUND_MS)).requestsPerSecond)
  }
  await Promise.all([echo.stop(), hop.stop(), lambdad.stop()])
  return [
    {
      what: `${CONNECTIONS} connections, requests/s against a bare node:http echo`,
      value: median(ours) / median(bare),
      limit: { atLeast: 0.3 },
      unit: '×',
      detail:
        `${Math.round(median(ours))}/s against ${Math.round(median(bare))}/s; ` +
        `the echo with one more hop ${Math.round(median(hopped))}/s; processor time of each: ` +
        `daemon ${Math.round(median(daemon))} µs, environments ${Math.round(median(runtimes))} µs`,
    },
    {
      what: `errors under ${CONNECTIONS} connections`,
      value: errors,
      limit: { atMost: 0 },
      unit: '',
      detail: '',
    },
  ]
}
