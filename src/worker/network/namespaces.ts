import type { Server, Socket } from 'node:net'
import type { Clock, Timer } from '../../base/clock.ts'
import { Helper, type HelperPrograms, type MadeNamespace } from './helper.ts'
import type { Network, NetworkIsolation, NetworkPlace } from './network.ts'

/** AWS's own; lambdad's endpoint moves out of its way. */
const RUNTIME_API_PORT = 9001
const ENDPOINT_PORT = 4566

/** Made ahead: what a burst takes at once. One that finds none waits 1 ms for its own. */
const READY = 16

/** They are made after what they would slow down: the starts of the environments that took the last ones. */
const QUIET_MS = 40

/** /30s in the half of 169.254.0.0/16 that is the environments'. The first is left out. */
const PLACES = 8191

/** A name that is still in use: its environment is not quite gone. The next one is tried. */
const TRIES = 16

/** Connections of one environment to lambdad's endpoint: more would only cost the daemon memory. */
const ENDPOINT_CONNECTIONS_MAX = 256

export interface NamespacesParts {
  readonly clock: Clock
  readonly programs: HelperPrograms
  /** Where lambdad listens: its port is the same inside. */
  readonly endpoint: () => string
  /** Takes a connection that an environment made to lambdad's endpoint. */
  readonly toEndpoint: (socket: Socket) => void
  readonly report: (error: unknown) => void
}

/**
 * A network namespace for each environment, made ahead by the helper and used once. The listeners inside are the
 * daemon's: nothing of the host needs to be reachable for the Runtime API and for lambdad's endpoint.
 */
export class Namespaces implements Network {
  readonly isolation: NetworkIsolation = {
    network: 'own',
    isolated: [
      'the network: a namespace for each environment, with its own loopback; the outside and lambdad’s endpoint can be reached, ports of the host, other environments and link-local addresses cannot',
    ],
    shared: [],
  }
  readonly #parts: NamespacesParts
  readonly #ready: MadeNamespace[] = []
  #helper: Promise<Helper>
  #place = 0
  #takenAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #filling = false
  #stopped = false

  private constructor(parts: NamespacesParts, helper: Helper) {
    this.#parts = parts
    this.#helper = Promise.resolve(helper)
  }

  /** Rejects where the machine does not allow it. */
  static async start(parts: NamespacesParts): Promise<Namespaces> {
    return new Namespaces(parts, await Helper.start(parts.programs))
  }

  prepare(): void {
    this.#fill().catch((error) => {
      // A worker that stops ends the helper in the midst of what it makes.
      if (!this.#stopped) this.#parts.report(error)
    })
  }

  async take(): Promise<NetworkPlace> {
    this.#takenAt = this.#parts.clock.elapsed()
    this.#fillLater()
    const helper = await this.#running()
    try {
      return await this.#takeFrom(helper)
    } catch (error) {
      // It may have died before anybody heard of it.
      if (!helper.lost) throw error
      return this.#takeFrom(await this.#running())
    }
  }

  async #takeFrom(helper: Helper): Promise<NetworkPlace> {
    return this.#placeOf(helper, this.#ready.shift() ?? (await this.#make(helper)))
  }

  /** How many wait. */
  get size(): number {
    return this.#ready.length
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    for (const { listeners } of this.#ready.splice(0)) close(listeners)
    const helper = await this.#helper.catch(() => undefined)
    await helper?.stop()
  }

  #fillLater(): void {
    if (this.#timer !== undefined || this.#stopped) return
    this.#timer = this.#parts.clock
      .after(QUIET_MS, () => {
        this.#timer = undefined
        if (this.#isQuiet) this.prepare()
        else this.#fillLater()
      })
      .unref()
  }

  /** A timer that was set by the last taking may come a little early by this clock. */
  get #isQuiet(): boolean {
    return this.#parts.clock.elapsed() - this.#takenAt >= QUIET_MS / 2
  }

  /** Until there are enough, or until one is taken again. */
  async #fill(): Promise<void> {
    if (this.#filling || this.#stopped) return
    this.#filling = true
    try {
      const helper = await this.#running()
      while (this.#ready.length < READY && this.#isQuiet && !this.#stopped) {
        const made = await this.#make(helper)
        if (this.#stopped) close(made.listeners)
        else this.#ready.push(made)
      }
    } finally {
      this.#filling = false
    }
  }

  /** Started again when it died: environments that run keep their listeners, and lose the outside. */
  async #running(): Promise<Helper> {
    const helper = await this.#helper.catch(() => undefined)
    if (helper !== undefined && !helper.lost) return helper
    if (this.#stopped) throw new Error('The worker is stopping.')
    for (const { listeners } of this.#ready.splice(0)) close(listeners)
    this.#helper = Helper.start(this.#parts.programs)
    return this.#helper
  }

  async #make(helper: Helper): Promise<MadeNamespace> {
    const ports = [RUNTIME_API_PORT, this.#endpointPort]
    for (let tries = 1; ; tries++) {
      this.#place = (this.#place % PLACES) + 1
      try {
        const made = await helper.make(this.#place, ports)
        for (const listener of made.listeners) listener.unref()
        return made
      } catch (error) {
        if (tries === TRIES || !/exists/i.test(String(error))) throw error
      }
    }
  }

  get #endpointPort(): number {
    const port = Number(new URL(this.#parts.endpoint()).port || '80')
    return port === RUNTIME_API_PORT ? ENDPOINT_PORT : port
  }

  #placeOf(helper: Helper, { id, file, listeners }: MadeNamespace): NetworkPlace {
    const [runtimeApi, endpoint] = listeners as [Server, Server]
    endpoint.maxConnections = ENDPOINT_CONNECTIONS_MAX
    // As the gateway's own: a client may have ended its side.
    Object.assign(endpoint, { allowHalfOpen: true })
    endpoint.on('connection', (socket) => this.#parts.toEndpoint(socket))
    return {
      namespace: file,
      runtimeApi,
      endpoint: `http://127.0.0.1:${this.#endpointPort}`,
      connect: (port) => helper.connect(id, port),
      release: () => {
        close(listeners)
        helper.drop(id)
      },
    }
  }
}

function close(listeners: readonly Server[]): void {
  for (const listener of listeners) listener.close()
}
