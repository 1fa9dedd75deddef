import { connect, type Socket } from 'node:net'

/** One kept connection that sends a request after the other, on a bare socket: the client shares two cores with the server. */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #resolve: ((body: string) => void) | undefined
  #reject: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#onData(bytes.toString('latin1')))
    socket.on('error', (error) => this.#reject?.(error))
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  /** The body of the answer, which must be a 200. */
  send(request: string | Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #onData(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#received.slice(0, end))?.[1])
    if (this.#received.length < end + 4 + length) return
    const answer = this.#received
    this.#received = ''
    if (answer.startsWith('HTTP/1.1 200')) this.#resolve?.(answer.slice(end + 4))
    else this.#reject?.(new Error(answer))
  }
}
