import { chmodSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Connection } from './connection.ts'
import { answerCredentials, CREDENTIALS_PATH, type CredentialsSource } from './credentials.ts'
import { userOfPeer } from './peer.ts'
import { type RuntimeCalls, route, takerOf } from './routes.ts'

/** Enough for a runtime with many threads; more would only cost memory. Beside those that take invocations at once. */
const CONNECTIONS_MAX = 64

/**
 * The Runtime API of one environment's runtime, from its start to its end: on a Unix socket, bound into the
 * sandbox, for the bootstraps that are ours, and on a TCP port of the loopback for all others.
 */
export class RuntimeApi {
  #calls: RuntimeCalls
  readonly #uids: Set<number> | undefined
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  #credentials: CredentialsSource | undefined
  readonly #connectionsMax: number
  #closed = false

  /** `uid`: whose connections to take on the port, where environments have a user each. */
  constructor(calls: RuntimeCalls, uid: number | undefined, concurrency = 0) {
    this.#connectionsMax = CONNECTIONS_MAX + concurrency
    this.#calls = calls
    this.#uids = uid === undefined ? undefined : new Set([uid])
  }

  /**
   * Listens on `socketPath`, and on `inside`, the environment's own loopback, or where it has none on a port that the
   * system chooses. Returns the port's address.
   */
  async listen(socketPath: string, inside?: Server): Promise<string> {
    const unix = this.#server((socket) => this.#connected(socket))
    if (inside !== undefined) {
      await listening(unix, { path: socketPath })
      chmodSync(socketPath, 0o666)
      return this.#adopt(inside)
    }
    const tcp = this.#server((socket) => this.#checkPeer(socket))
    await Promise.all([listening(unix, { path: socketPath }), listening(tcp, { host: '127.0.0.1', port: 0 })])
    // The environment's user must be able to connect; the folder is closed to everybody else.
    chmodSync(socketPath, 0o666)
    return `127.0.0.1:${(tcp.address() as AddressInfo).port}`
  }

  /** Listens on a socket alone, which one connection is taken from: that of a fork, as the folder is its siblings', too. */
  async listenOnce(socketPath: string): Promise<void> {
    const server = this.#server((socket) => {
      server.close()
      this.#connected(socket)
    })
    await listening(server, { path: socketPath })
    chmodSync(socketPath, 0o666)
  }

  /** Functions may ask for their credentials here. */
  offerCredentials(source: CredentialsSource): void {
    this.#credentials = source
  }

  /** On the port, takes connections of this user as well, until `dismiss`. */
  admit(uid: number): void {
    this.#uids?.add(uid)
  }

  dismiss(uid: number): void {
    this.#uids?.delete(uid)
  }

  /** From now on these hear what the runtime says: it was booted before it had a function, and has one now. */
  tell(calls: RuntimeCalls): void {
    this.#calls = calls
  }

  close(): void {
    this.#closed = true
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Nobody but the environment reaches it. */
  #adopt(inside: Server): string {
    Object.assign(inside, { allowHalfOpen: true })
    inside.maxConnections = this.#connectionsMax
    inside.on('connection', (socket) => this.#connected(socket))
    this.#servers.push(inside)
    const { address, port } = inside.address() as AddressInfo
    return `${address}:${port}`
  }

  #server(onConnection: (socket: Socket) => void): Server {
    // Half-open, so that a client that has shut down its sending side still hears why it is refused.
    const server = createServer({ allowHalfOpen: true }, onConnection)
    server.maxConnections = this.#connectionsMax
    this.#servers.push(server)
    return server
  }

  /** A port of the loopback can be reached by every environment that shares the host's network. */
  #checkPeer(socket: Socket): void {
    const uids = this.#uids
    if (uids === undefined) {
      this.#connected(socket)
      return
    }
    // Not read before it is known who writes.
    socket.pause()
    socket.on('error', () => {})
    userOfPeer(socket).then(
      (peer) => {
        if (peer !== undefined && uids.has(peer)) this.#connected(socket).resume()
        else socket.destroy()
      },
      () => socket.destroy(),
    )
  }

  #connected(socket: Socket): Socket {
    if (this.#closed) return socket.destroy()
    this.#sockets.add(socket)
    new Connection(socket, {
      request: (connection, head, body) =>
        head.path === CREDENTIALS_PATH && this.#credentials !== undefined
          ? answerCredentials(this.#credentials, connection, head)
          : route(this.#calls, connection, head, body),
      takerOf: (head) => takerOf(this.#calls, head),
      closed: (connection) => {
        this.#sockets.delete(socket)
        this.#calls.closed(connection)
      },
    })
    return socket
  }
}

function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, resolve)
  })
}
