import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { AwsError } from '../../aws/error.ts'
import { serializationError } from '../errors.ts'
import type { Headers } from '../http.ts'

/** Requests are compressed by up to a thousand: unpacked they may be no larger than any body may be. */
export const UNZIPPED_BYTES_MAX = 32 * 1024 * 1024

const unzip = promisify(gunzip)

/** The body without its compression: clients gzip PutMetricData and its like once they pass 10 KiB. */
export async function decompressed(headers: Headers, bytes: Buffer): Promise<Buffer> {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding === 'identity' || bytes.length === 0) return bytes
  if (encoding !== 'gzip') throw serializationError(`The content encoding ${encoding} is not supported.`)
  try {
    return await unzip(bytes, { maxOutputLength: UNZIPPED_BYTES_MAX })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? new AwsError(
          'RequestEntityTooLargeException',
          `The body must unpack to at most ${UNZIPPED_BYTES_MAX} bytes`,
          {
            status: 413,
          },
        )
      : serializationError('The body is not gzip, as its headers say.', error)
  }
}
