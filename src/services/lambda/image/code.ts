import type { Random } from '../../../base/random.ts'
import { invalidParameter } from '../errors.ts'
import type { Code } from '../function.ts'
import type { LambdaInput } from '../types.ts'
import { ImageError } from './error.ts'
import { readImageUri } from './reference.ts'

type CodeSource = Pick<
  LambdaInput<'UpdateFunctionCode'>,
  | 'ZipFile'
  | 'S3Bucket'
  | 'S3Key'
  | 'S3ObjectVersion'
  | 'S3ObjectStorageMode'
  | 'ImageUri'
  | 'SourceKMSKeyArn'
>

/** The image that the caller names. It is pulled while the function is Pending, or being updated. */
export function readImage(source: CodeSource, random: Random, doing: 'creating' | 'updating'): Code {
  const { ImageUri: uri, ZipFile, S3Bucket, S3Key, S3ObjectVersion, S3ObjectStorageMode } = source
  const other =
    ZipFile ?? S3Bucket ?? S3Key ?? S3ObjectVersion ?? S3ObjectStorageMode ?? source.SourceKMSKeyArn
  if (!uri) throw invalidParameter(`Please provide ImageUri when ${doing} a function with packageType Image.`)
  if (other !== undefined)
    throw invalidParameter('Please do not provide other FunctionCode parameters when providing an ImageUri.')
  if (readImageUri(uri) === undefined)
    throw invalidParameter(`Source image ${uri} is not valid. Provide a valid source image.`)
  // No blob has this name: what stands for one until there is one must not be another version's.
  return { sha256: random.hex(32), size: 0, unzippedSize: 0, image: { uri } }
}

/** Whether the owner has to do something about it, so that trying again is of no use. */
export function isImageError(error: unknown): error is ImageError {
  return error instanceof ImageError
}
