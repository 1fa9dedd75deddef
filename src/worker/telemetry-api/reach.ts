import { connect, type Socket } from 'node:net'

/** Where the ports of one environment are, as the daemon sees them. */
export interface Reach {
  connect(port: number): Socket | Promise<Socket>
}

/** Where environments share the host's network: what listens in one listens on the host's loopback. */
export const hostLoopback = {
  connect: (port: number) => connect({ host: '127.0.0.1', port }),
}
