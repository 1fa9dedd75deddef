import type { Readable } from 'node:stream'
import { AwsError } from '../../aws/error.ts'
import { incompleteBody } from '../errors.ts'

/**
 * All of a stream in one buffer. Stops at the first byte over `limit`, with `tooLarge()`; the rest is left
 * unread. A stream that comes in one piece is not copied.
 */
export function collect(stream: Readable, limit: number, tooLarge: () => Error): Promise<Buffer> {
  if (stream.destroyed && !stream.readableEnded) return Promise.reject(incompleteBody())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const stop = () => {
      stream.off('data', onData).off('end', onEnd).off('close', onClose)
    }
    const onData = (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) {
        chunks.push(chunk)
        return
      }
      stop()
      stream.pause()
      reject(tooLarge())
    }
    const onEnd = () => {
      stop()
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length))
    }
    const onClose = () => reject(incompleteBody())
    // This listener stays: an error that comes later, while the rest is thrown away, means nothing.
    stream.on('error', (error) => reject(error instanceof AwsError ? error : incompleteBody()))
    stream.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}
