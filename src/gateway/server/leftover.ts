import type { Incoming } from './incoming.ts'

/**
 * What a client may go on sending after it has been refused. It gets its answer only if it is let to finish:
 * most read no sooner, and would find the connection reset.
 */
const LEFTOVER_BYTES_MAX = 128 * 1024 * 1024

/** Throws away the rest of a request that has been answered, so that its connection can be used again. */
export function discardRest(incoming: Incoming): void {
  if (incoming.readableEnded || incoming.destroyed) return
  if ('stream' in incoming) {
    // HTTP/2 can tell a client to stop sending, and end one stream without the connection.
    incoming.stream.close()
    return
  }
  let length = 0
  incoming.on('error', () => {})
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > LEFTOVER_BYTES_MAX) incoming.destroy()
  })
  incoming.resume()
}
