import { connect } from 'node:net'
import type { Figure } from './figure.ts'
import { AUTHORIZATION, clientOf, createFunction, invocationsOf } from './support/functions.ts'
import { load, type RawRequest, request } from './support/load.ts'
import { startLambdad, startStreamServer } from './support/processes.ts'
import { median } from './support/statistics.ts'

const BYTES = 100 * 2 ** 20
const RUNS = 5
const FIRST_BYTES = 300

const STREAMER = {
  'index.mjs': `import { Readable } from 'node:stream'
    import { pipeline } from 'node:stream/promises'
    const chunk = Buffer.alloc(64 * 1024, 'x')
    function* chunks(bytes) {
      for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
    }
    export const handler = awslambda.streamifyResponse(({ bytes }, stream) => pipeline(Readable.from(chunks(bytes)), stream))`,
}

/** How soon a streamed response begins, beside a plain Invoke, and how fast it comes, beside a bare node:http. */
export async function responseStream(): Promise<Figure[]> {
  const [lambdad, bare] = await Promise.all([startLambdad('--stream-rate', '0'), startStreamServer()])
  const client = clientOf(lambdad.port)
  await createFunction(client, 'stream', 'nodejs24.x', STREAMER)
  const headers = { authorization: AUTHORIZATION }
  const streamed = (bytes: number) =>
    request(
      lambdad.port,
      '/2021-11-15/functions/stream/response-streaming-invocations',
      headers,
      JSON.stringify({ bytes }),
    )
  const plain = request(lambdad.port, invocationsOf('stream'), headers, '{"bytes":5}')

  const firsts: number[] = []
  const whole: number[] = []
  for (let run = 0; run < FIRST_BYTES; run++) {
    firsts.push((await read(lambdad.port, streamed(5))).firstMs)
    whole.push(...(await load(lambdad.port, plain, 1, 0)).latencies)
  }
  const ours: number[] = []
  const theirs: number[] = []
  for (let run = 0; run < RUNS; run++) {
    ours.push((await read(lambdad.port, streamed(BYTES))).totalMs)
    theirs.push((await read(bare.port, request(bare.port, `/${BYTES}`, {}, ''))).totalMs)
  }
  await Promise.all([lambdad.stop(), bare.stop()])
  const rate = (times: readonly number[]) => BYTES / 2 ** 20 / (median(times) / 1000)
  return [
    {
      what: 'first byte of a streamed response, p50, against a plain Invoke of the same function',
      value: median(firsts) / median(whole),
      limit: { atMost: 2 },
      unit: '×',
      detail: `${(median(firsts) * 1000).toFixed(0)} µs against ${(median(whole) * 1000).toFixed(0)} µs`,
    },
    {
      what: 'a streamed response of 100 MB, of the rate of a bare node:http',
      value: rate(ours) / rate(theirs),
      limit: { atLeast: 0.25 },
      unit: '×',
      detail: `${rate(ours).toFixed(0)} MB/s against ${rate(theirs).toFixed(0)} MB/s`,
    },
  ]
}

interface Times {
  readonly firstMs: number
  readonly totalMs: number
}

/** When the first bytes of an answer's body are there, and when all are: on a connection of its own. */
function read(port: number, raw: RawRequest): Promise<Times> {
  return new Promise((resolve, reject) => {
    let firstMs = Number.NaN
    let tail = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => socket.write(raw))
    const begun = performance.now()
    socket.setNoDelay(true)
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      // Head and body may come together or not.
      if (Number.isNaN(firstMs)) {
        tail = Buffer.concat([tail, bytes])
        const end = tail.indexOf('\r\n\r\n')
        if (end < 0 || end + 4 === tail.length) return
        firstMs = performance.now() - begun
      }
      tail = Buffer.concat([tail, bytes]).subarray(-5)
      if (tail.toString('latin1') !== '0\r\n\r\n') return
      socket.destroy()
      resolve({ firstMs, totalMs: performance.now() - begun })
    })
  })
}
