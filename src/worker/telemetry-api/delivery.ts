import { request } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import type { Reach } from './reach.ts'
import type { Destination } from './subscription.ts'

/** How a batch reaches its subscriber. */
export interface Delivery {
  /** Rejects where the subscriber did not take it. */
  send(records: readonly string[]): Promise<void>
  close(): void
}

/** A subscriber that takes longer than this while its environment runs is not there. */
const ANSWER_MS = 5000

export function deliveryTo(destination: Destination, reach: Reach, time: AwakeTime): Delivery {
  return destination.protocol === 'TCP'
    ? new TcpDelivery(destination.port, reach, time)
    : new HttpDelivery(destination, reach, time)
}

/** Time that counts only while the environment has something to do: between invocations it may be frozen. */
export class AwakeTime {
  readonly #clock: Clock
  isAwake = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Rejects after that much of it; `over` ends the waiting. */
  async limit<Value>(task: Promise<Value>, ms: number): Promise<Value> {
    const over = new AbortController()
    try {
      return await Promise.race([task, this.#late(ms, over.signal)])
    } finally {
      over.abort()
    }
  }

  async #late(ms: number, signal: AbortSignal): Promise<never> {
    do await this.#clock.sleep(ms, signal)
    while (!this.isAwake)
    throw new Error(`no answer within ${ms} ms`)
  }
}

/** A POST of a JSON array. */
class HttpDelivery implements Delivery {
  readonly #destination: Extract<Destination, { protocol: 'HTTP' }>
  readonly #reach: Reach
  readonly #time: AwakeTime
  #socket: Socket | undefined

  constructor(destination: Extract<Destination, { protocol: 'HTTP' }>, reach: Reach, time: AwakeTime) {
    this.#destination = destination
    this.#reach = reach
    this.#time = time
  }

  async send(records: readonly string[]): Promise<void> {
    try {
      await this.#time.limit(this.#post(`[${records.join(',')}]`), ANSWER_MS)
    } finally {
      this.close()
    }
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #post(text: string): Promise<void> {
    const body = Buffer.from(text)
    const { path, host, port } = this.#destination
    const socket = await this.#reach.connect(port)
    this.#socket = socket
    return new Promise((resolve, reject) => {
      const headers = { host, 'content-type': 'application/json', 'content-length': body.length }
      const outgoing = request(
        { method: 'POST', path, headers, createConnection: () => socket },
        (response) => {
          const status = response.statusCode ?? 0
          response.on('error', reject)
          response.on('end', () => (status < 300 ? resolve() : reject(new Error(`status ${status}`))))
          response.resume()
        },
      )
      outgoing.on('error', reject)
      outgoing.on('close', () => reject(new Error('the connection was closed')))
      outgoing.end(body)
    })
  }
}

/** One connection for all records, a line each. */
class TcpDelivery implements Delivery {
  readonly #port: number
  readonly #reach: Reach
  readonly #time: AwakeTime
  #socket: Socket | undefined

  constructor(port: number, reach: Reach, time: AwakeTime) {
    this.#port = port
    this.#reach = reach
    this.#time = time
  }

  async send(records: readonly string[]): Promise<void> {
    try {
      await this.#time.limit(this.#write(`${records.join('\n')}\n`), ANSWER_MS)
    } catch (error) {
      // What it has received of a batch is not known: it gets all of it, on a connection of its own.
      this.close()
      throw error
    }
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #write(text: string): Promise<void> {
    const socket = await this.#connected()
    return new Promise((resolve, reject) => {
      const lost = () => reject(new Error('the connection was closed'))
      socket.once('close', lost)
      socket.write(text, (error) => {
        socket.off('close', lost)
        if (error == null) resolve()
        else reject(error)
      })
    })
  }

  async #connected(): Promise<Socket> {
    if (this.#socket !== undefined && !this.#socket.destroyed) return this.#socket
    const socket = await this.#reach.connect(this.#port)
    // 'close' follows, and what is being written fails.
    socket.on('error', () => {})
    socket.resume()
    this.#socket = socket
    return socket
  }
}
