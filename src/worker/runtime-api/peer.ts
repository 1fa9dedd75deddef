import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/**
 * The user whose process is at the other end of a connection from this machine, or undefined. The kernel lists
 * it with the peer's own socket, in /proc/net/tcp, or in tcp6 for programs (Java) that speak IPv4 through it.
 */
export async function userOfPeer(socket: Socket): Promise<number | undefined> {
  const { remotePort, localPort } = socket
  if (remotePort === undefined || localPort === undefined) return undefined
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const user = userIn(await readFile(table, 'latin1'), remotePort, localPort)
    if (user !== undefined) return user
  }
  return undefined
}

/** 127.0.0.1, and the same in IPv6's notation, as the kernel prints them: 32 bit words in the host's order. */
const LOOPBACK = '(?:0100007F|0000000000000000FFFF00000100007F)'

/** In `table`, the socket that is bound to `ownPort` and connected to `toPort`. */
export function userIn(table: string, ownPort: number, toPort: number): number | undefined {
  const entry = new RegExp(
    `^ *\\d+: ${LOOPBACK}:${hex(ownPort)} ${LOOPBACK}:${hex(toPort)} [0-9A-F]{2} \\S+ \\S+ \\S+ +(\\d+)`,
    'm',
  ).exec(table)
  return entry === null ? undefined : Number(entry[1])
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
