import { invalidArgument } from './errors.ts'

export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId: string | undefined
}

/** `bucket/key?versionId=…`, percent-encoded, maybe with a slash before it. @throws InvalidArgument */
export function readCopySource(header = ''): CopySource {
  const [, path = '', versionId] = /^\/?(.*?)(?:\?versionId=([^&]*))?$/s.exec(header) ?? []
  const decoded = decode(path)
  const slash = decoded.indexOf('/')
  const [bucket, key] = [decoded.slice(0, slash), decoded.slice(slash + 1)]
  if (slash <= 0 || key === '' || bucket.startsWith('arn:')) {
    throw invalidArgument('Invalid copy source object key')
  }
  return { bucket, key, versionId }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidArgument('Invalid copy source encoding.')
  }
}
