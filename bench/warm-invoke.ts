import type { Figure } from './figure.ts'
import { AUTHORIZATION, clientOf, createEcho, invocationsOf } from './support/functions.ts'
import { load, request } from './support/load.ts'
import { startEcho, startHop, startLambdad } from './support/processes.ts'
import { median } from './support/statistics.ts'

const ROUNDS = 5
const ROUND_MS = 1500

/** A warm Invoke of a Node echo function over HTTP, one connection, against a bare node:http echo. */
export async function warmInvoke(): Promise<Figure[]> {
  const [echo, hop, lambdad] = await Promise.all([startEcho(), startHop(), startLambdad()])
  const client = clientOf(lambdad.port)
  await createEcho(client, 'echo', 'nodejs24.x')
  const a = request(lambdad.port, invocationsOf('echo'), { authorization: AUTHORIZATION }, '{"a":1}')
  const b = request(echo.port, '/', {}, '{"a":1}')
  const c = request(hop.port, '/', {}, '{"a":1}')
  await load(lambdad.port, a, 1, ROUND_MS)
  await load(echo.port, b, 1, ROUND_MS)
  await load(hop.port, c, 1, ROUND_MS)

  const ours: number[] = []
  const bare: number[] = []
  const hopped: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(median((await load(lambdad.port, a, 1, ROUND_MS)).latencies))
    bare.push(median((await load(echo.port, b, 1, ROUND_MS)).latencies))
    hopped.push(median((await load(hop.port, c, 1, ROUND_MS)).latencies))
  }
  await Promise.all([echo.stop(), hop.stop(), lambdad.stop()])
  const microseconds = (ms: number) => `${Math.round(ms * 1000)} µs`
  return [
    {
      what: 'warm Invoke, one connection, p50 against a bare node:http echo',
      value: median(ours) / median(bare),
      limit: { atMost: 1.8 },
      unit: '×',
      detail:
        `${microseconds(median(ours))} against ${microseconds(median(bare))}; ` +
        `the echo with one more hop ${microseconds(median(hopped))}`,
    },
  ]
}
