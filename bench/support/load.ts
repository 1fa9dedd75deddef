import { connect } from 'node:net'

/** One HTTP/1.1 request, whole, as it goes over the wire. */
export type RawRequest = Buffer

export function request(
  port: number,
  path: string,
  headers: Record<string, string>,
  body: string,
): RawRequest {
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    ...headers,
    'content-length': `${Buffer.byteLength(body)}`,
  })
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`,
  )
}

export interface Load {
  /** Milliseconds each. */
  readonly latencies: number[]
  readonly requestsPerSecond: number
  /** Answers that are no success. */
  readonly errors: number
}

/** Sends the request over and over on so many connections, each waiting for its answer, for `ms`. */
export async function load(port: number, raw: RawRequest, connections: number, ms: number): Promise<Load> {
  const latencies: number[] = []
  let errors = 0
  const begun = performance.now()
  const until = begun + ms
  await Promise.all(
    Array.from({ length: connections }, () =>
      repeat(port, raw, until, (latency, ok) => {
        latencies.push(latency)
        if (!ok) errors++
      }),
    ),
  )
  return { latencies, errors, requestsPerSecond: latencies.length / ((performance.now() - begun) / 1000) }
}

/** Sends the request once, on a connection of its own, and returns how long its answer took: milliseconds. */
export async function once(port: number, raw: RawRequest): Promise<number> {
  let took = Number.NaN
  let succeeded = false
  await repeat(port, raw, 0, (latency, ok) => {
    took = latency
    succeeded = ok
  })
  if (!succeeded) throw new Error('a request failed')
  return took
}

/**
 * One connection. Written on a bare socket, so that the client costs both sides of a comparison as little as
 * it can: it shares two cores with them.
 */
function repeat(
  port: number,
  raw: RawRequest,
  until: number,
  onAnswer: (latency: number, ok: boolean) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => send())
    socket.setNoDelay(true)
    socket.on('error', reject)
    socket.on('close', () => resolve())
    const send = () => {
      sent = performance.now()
      socket.write(raw)
    }
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1')
      if (!isWhole(answer)) return
      const failed = /\r\nx-amz-function-error:/i.test(answer)
      onAnswer(performance.now() - sent, answer.startsWith('HTTP/1.1 20') && !failed)
      answer = ''
      if (performance.now() < until) send()
      else socket.destroy()
    })
  })
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, end))?.[1]
  if (length === undefined) throw new Error(`an answer without content-length:\n${answer.slice(0, 500)}`)
  return answer.length >= end + 4 + Number(length)
}
