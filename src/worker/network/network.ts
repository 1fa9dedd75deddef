import type { Server, Socket } from 'node:net'

/** Whose network environments are in, in words for the start-up line and `lambdad status`. */
export interface NetworkIsolation {
  /** `own`: a network namespace for each environment. `shared`: the host's. */
  readonly network: 'own' | 'shared'
  readonly isolated: readonly string[]
  readonly shared: readonly string[]
  /** Why it is shared, and the one command that changes it. */
  readonly networkAdvice?: string
}

/** `default`: one for each environment where the machine allows it. By name: that, or an error that says why not. */
export type NetworkChoice = 'default' | 'isolated' | 'shared'

/** One environment's network, from before its start until it is gone. Never used again. */
export interface NetworkPlace {
  /** The file of the namespace: what nsenter joins. */
  readonly namespace: string
  /** Listens on 127.0.0.1:9001 inside. */
  readonly runtimeApi: Server
  /** lambdad's endpoint, as it is reached from inside. */
  readonly endpoint: string
  /** A connection to what listens on the loopback inside: extensions do. */
  connect(port: number): Promise<Socket>
  /** To be called when no process is in it any more. */
  release(): void
}

/** Where environments get their network from. */
export interface Network {
  readonly isolation: NetworkIsolation
  /** Makes some ahead, in the background. To be called once lambdad listens. */
  prepare(): void
  /** Undefined where the network is the host's. Rejects where none can be made: never a lesser one instead. */
  take(): Promise<NetworkPlace> | undefined
  stop(): Promise<void>
}

/** The host's. */
export function sharedNetwork(networkAdvice: string): Network {
  return {
    isolation: {
      network: 'shared',
      isolated: [],
      shared: ['the network: it is the host’s, with its loopback services and abstract sockets'],
      networkAdvice,
    },
    prepare: () => {},
    take: () => undefined,
    stop: async () => {},
  }
}
