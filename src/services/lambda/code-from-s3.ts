import type { Readable } from 'node:stream'
import type { Call } from '../../aws/operation.ts'
import { DeliveryError } from '../../aws/ports/delivery.ts'
import type { LambdaDeps } from './deps.ts'
import { invalidParameter, unzippedTooLarge } from './errors.ts'

/** Where a package lies in S3. */
export interface S3Place {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

/**
 * Fetches a package. In S3 it may be larger than in a request: all that matters to AWS is what it comes to unzipped,
 * so that much is read at most.
 */
export async function fetchFromS3(
  { switchboard, limits }: Pick<LambdaDeps, 'switchboard' | 'limits'>,
  { bucket, key, versionId }: S3Place,
  call: Pick<Call, 'accountId'>,
  sourceArn: string,
): Promise<Buffer> {
  const sender = { principal: 'lambda.amazonaws.com', accountId: call.accountId, sourceArn }
  try {
    const found = await switchboard.s3.get(bucket, key, { ...(versionId && { versionId }), sender })
    return await collect(found.body, found.bytes, limits.unzippedBytes)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    throw invalidParameter(
      `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`,
    )
  }
}

async function collect(body: Readable, bytes: number, bytesMax: number): Promise<Buffer> {
  if (bytes > bytesMax) {
    body.destroy()
    throw unzippedTooLarge(bytesMax)
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > bytesMax) throw unzippedTooLarge(bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
