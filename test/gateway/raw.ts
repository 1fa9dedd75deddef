import { once } from 'node:events'
import net from 'node:net'

/** A bare connection to a gateway: what is written goes as it is. */
export async function connect(port: number): Promise<RawConnection> {
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return new RawConnection(socket)
}

export class RawConnection {
  readonly socket: net.Socket
  readonly #closed: Promise<unknown>
  #received = ''

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    this.#closed = new Promise((resolve) => socket.once('close', resolve))
  }

  /** What came back by the time the server closed the connection. */
  async untilClosed(): Promise<string> {
    await this.#closed
    return this.#received
  }

  /** What came back once it holds `text`. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) {
      if (this.socket.closed) throw new Error(`closed after: ${this.#received}`)
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.#closed])
    }
    return this.#received
  }
}
