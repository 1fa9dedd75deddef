import { AwsError } from '../../aws/error.ts'
import { invalidArgument, noObjectLock, notImplemented } from './errors.ts'

/** Members of several operations' input that lambdad does not carry out. */
const UNSUPPORTED = [
  'SSECustomerAlgorithm',
  'SSECustomerKey',
  'CopySourceSSECustomerAlgorithm',
  'SSEKMSKeyId',
  'SSEKMSEncryptionContext',
  'BucketKeyEnabled',
  'ObjectLockEnabledForBucket',
  'WebsiteRedirectLocation',
  'WriteOffsetBytes',
  'MFA',
  'ChecksumSHA512',
  'ChecksumMD5',
  'ChecksumXXHASH64',
  'ChecksumXXHASH3',
  'ChecksumXXHASH128',
] as const

const GRANTS = ['GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWrite', 'GrantWriteACP'] as const

/** Storage classes that serve what they hold at once; the others would need RestoreObject. */
const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
]

const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE']

interface Given {
  readonly ServerSideEncryption?: string | undefined
  readonly StorageClass?: string | undefined
  readonly ACL?: string | undefined
}

/** What only buckets with object lock take: there are none. */
const LOCKS = ['ObjectLockMode', 'ObjectLockRetainUntilDate', 'ObjectLockLegalHoldStatus'] as const

/** Refuses what lambdad does not carry out, and ACLs as buckets do that enforce their owner. */
export function refuseUnsupported(input: object): void {
  const given = input as Readonly<Record<string, unknown>>
  const member = UNSUPPORTED.find((name) => given[name] !== undefined && given[name] !== false)
  if (member !== undefined) throw notImplemented(member)
  if (LOCKS.some((name) => given[name] !== undefined)) throw noObjectLock()
  if (given.BypassGovernanceRetention !== undefined) {
    const header = 'x-amz-bypass-governance-retention'
    throw invalidArgument(`${header} is only applicable to Object Lock enabled buckets.`, header)
  }
  const { ServerSideEncryption: encryption, StorageClass: storageClass } = input as Given
  if (encryption !== undefined && encryption !== 'AES256') throw notImplemented(`Encryption by ${encryption}`)
  if (storageClass !== undefined) refuseStorageClass(storageClass)
  if (!namesOwnerOnly(input)) throw aclNotSupported()
}

/** Whether the headers' ACL lets in the bucket's owner alone. */
export function namesOwnerOnly(input: object): boolean {
  const given = input as Readonly<Record<string, unknown>>
  const { ACL } = input as Given
  const isOwners = ACL === undefined || ACL === 'private' || ACL === 'bucket-owner-full-control'
  return isOwners && GRANTS.every((name) => given[name] === undefined)
}

/** @throws InvalidStorageClass, NotImplemented */
export function refuseStorageClass(storageClass: string): void {
  if (STORAGE_CLASSES.includes(storageClass)) return
  if (ARCHIVES.includes(storageClass)) throw notImplemented(`The storage class ${storageClass}`)
  throw new AwsError('InvalidStorageClass', 'The storage class you specified is not valid', {
    status: 400,
    members: { StorageClassRequested: storageClass },
  })
}

export function aclNotSupported(): AwsError {
  return new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs', { status: 400 })
}

const KEY_BYTES_MAX = 1024

export function refuseBadKey(key: string): void {
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) {
    throw new AwsError('KeyTooLongError', 'Your key is too long', { status: 400 })
  }
  if (key.includes('\0'))
    throw invalidArgument('Keys with the character U+0000 are not supported by lambdad.')
}
