import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Figure } from './figure.ts'
import { Connection } from './support/connection.ts'
import { type Server, startFileServer, startLambdad } from './support/processes.ts'
import { median } from './support/statistics.ts'

const BODY = randomBytes(100 * 1024 ** 2)
const RUNS = 5
const KEYS = Number(process.env.KEYS ?? 100_000)
const CONNECTIONS = 32
const authorization =
  'AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0'

/** How fast a large object goes in and out, beside a plain file, and how fast many keys are listed. */
export async function s3(): Promise<Figure[]> {
  const lambdad = await startLambdad()
  const plain = await startFileServer()
  try {
    await transfer(lambdad, 'PUT', '/bench', Buffer.alloc(0))
    return [await ratio('PUT', lambdad, plain), await ratio('GET', lambdad, plain), await listing(lambdad)]
  } finally {
    await lambdad.stop()
    await plain.stop()
  }
}

/** The two in turn, so that what the machine does beside them slows both. */
async function ratio(method: 'PUT' | 'GET', lambdad: Server, plain: Server): Promise<Figure> {
  const body = method === 'PUT' ? BODY : undefined
  const ours: number[] = []
  const theirs: number[] = []
  for (let run = 0; run < RUNS; run++) {
    theirs.push(await transfer(plain, method, '/', body))
    ours.push(await transfer(lambdad, method, '/bench/large', body))
  }
  const rate = (times: readonly number[]) => BODY.length / 1024 ** 2 / (median(times) / 1000)
  return {
    what: `${method} of 100 MB, of the rate of a plain file through node:http`,
    value: rate(ours) / rate(theirs),
    limit: { atLeast: 0.5 },
    unit: '×',
    detail: `${rate(ours).toFixed(0)} MB/s against ${rate(theirs).toFixed(0)} MB/s`,
  }
}

/** In milliseconds. */
function transfer({ port }: Server, method: string, path: string, body?: Buffer): Promise<number> {
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-length': body?.length ?? 0 }
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${method} ${path}: ${answer.statusCode}`))
      answer.resume().on('end', () => resolve(performance.now() - begun))
    })
    sent.on('error', reject).end(body)
  })
}

function ask(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${authorization}\r\ncontent-length: 0\r\n\r\n`
}

async function listing({ port }: Server): Promise<Figure> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)))
  let next = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (next < KEYS) await connection.send(ask('PUT', `/bench/key-${String(next++).padStart(9, '0')}`))
    }),
  )
  const [connection] = connections
  const begun = performance.now()
  let pages = 0
  let token: string | undefined
  do {
    const after = token === undefined ? '' : `&continuation-token=${encodeURIComponent(token)}`
    const page = await connection?.send(ask('GET', `/bench?list-type=2${after}`))
    token = /<NextContinuationToken>([^<]+)</.exec(page ?? '')?.[1]
    pages++
  } while (token !== undefined)
  const perSecond = pages / ((performance.now() - begun) / 1000)
  for (const one of connections) one.close()
  return {
    what: `pages of 1000 keys a second, of ${KEYS} keys`,
    value: perSecond,
    limit: { atLeast: 20 },
    unit: '/s',
    detail: `${pages} pages, one after the other`,
  }
}
