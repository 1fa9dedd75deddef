import type { Readable } from 'node:stream'
import { AwsError } from '../../aws/error.ts'
import { incompleteBody } from '../errors.ts'

/**
 * All of a stream in one buffer. `admit` is told of the bytes of each chunk before it is kept, and throws where
 * they are too many: then the rest is left unread. A stream that comes in one piece is not copied.
 */
export function collect(stream: Readable, admit: (bytes: number) => void): Promise<Buffer> {
  if (stream.destroyed && !stream.readableEnded) return Promise.reject(incompleteBody())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const stop = () => {
      stream.off('data', onData).off('end', onEnd).off('close', onClose)
    }
    const onData = (chunk: Buffer) => {
      try {
        admit(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        stop()
        stream.pause()
        reject(error)
      }
    }
    const onEnd = () => {
      stop()
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    }
    const onClose = () => reject(incompleteBody())
    // This listener stays: an error that comes later, while the rest is thrown away, means nothing.
    stream.on('error', (error) => reject(error instanceof AwsError ? error : incompleteBody()))
    stream.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}
