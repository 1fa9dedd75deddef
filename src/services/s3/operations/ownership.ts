import type { Bucket } from '../bucket.ts'
import type { S3Operation } from '../deps.ts'
import { malformedXml, notImplemented, notSet } from '../errors.ts'
import { findBucket, findVersion } from '../find.ts'
import { aclNotSupported, namesOwnerOnly } from '../refusals.ts'
import { change } from './bucket-settings.ts'

// Who owns objects, and who else may have them: nobody. Where ACLs are allowed, those that let in the owner alone are.

export const putBucketOwnershipControls: S3Operation<'PutBucketOwnershipControls'> = async (
  deps,
  input,
  call,
) => {
  const [rule, ...others] = input.OwnershipControls?.Rules ?? []
  if (rule?.ObjectOwnership === undefined || others.length > 0) throw malformedXml()
  await change(deps, input, call, { objectOwnership: rule.ObjectOwnership })
  return {}
}

export const getBucketOwnershipControls: S3Operation<'GetBucketOwnershipControls'> = async (
  { store },
  input,
  call,
) => {
  const { name, objectOwnership = 'BucketOwnerEnforced' } = await findBucket(store, input, call)
  if (objectOwnership === null) {
    const message = 'The bucket ownership controls were not found'
    throw notSet('OwnershipControlsNotFoundError', message, name)
  }
  return { OwnershipControls: { Rules: [{ ObjectOwnership: objectOwnership }] } }
}

export const deleteBucketOwnershipControls: S3Operation<'DeleteBucketOwnershipControls'> = async (
  deps,
  input,
  call,
) => {
  await change(deps, input, call, { objectOwnership: null })
  return {}
}

export const getBucketAcl: S3Operation<'GetBucketAcl'> = async ({ store }, input, call) => {
  const { accountId } = await findBucket(store, input, call)
  return ownersAcl(accountId)
}

export const putBucketAcl: S3Operation<'PutBucketAcl'> = async ({ store }, input, call) => {
  refuseOtherAcl(await findBucket(store, input, call), input)
  return {}
}

export const getObjectAcl: S3Operation<'GetObjectAcl'> = async ({ store }, input, call) => {
  const bucket = await findBucket(store, input, call)
  await findVersion(store, bucket, { key: input.Key ?? '', versionId: input.VersionId })
  return ownersAcl(bucket.accountId)
}

export const putObjectAcl: S3Operation<'PutObjectAcl'> = async ({ store, announce }, input, call) => {
  const bucket = await findBucket(store, input, call)
  const asked = { key: input.Key ?? '', versionId: input.VersionId, method: 'PUT' }
  const { version } = await findVersion(store, bucket, asked)
  refuseOtherAcl(bucket, input)
  await store.change((editor) =>
    announce(editor.transaction, bucket, { event: 'ObjectAcl:Put', version, cause: call }),
  )
  return {}
}

interface AclInput {
  readonly ACL?: string | undefined
  readonly AccessControlPolicy?: AclPolicy | undefined
}

interface AclPolicy {
  readonly Grants?:
    | readonly {
        readonly Grantee?: { readonly ID?: string | undefined } | undefined
        readonly Permission?: string | undefined
      }[]
    | undefined
}

/** Refuses what would let in anybody but the owner. */
function refuseOtherAcl(
  { accountId, objectOwnership = 'BucketOwnerEnforced' }: Bucket,
  input: AclInput,
): void {
  if (objectOwnership === 'BucketOwnerEnforced') throw aclNotSupported()
  const { AccessControlPolicy: policy } = input
  const isOwners = ({ Grants = [] }: AclPolicy) =>
    Grants.length === 1 &&
    Grants.every(({ Grantee, Permission }) => Grantee?.ID === accountId && Permission === 'FULL_CONTROL')
  const isPrivate = policy === undefined ? input.ACL !== undefined : isOwners(policy)
  if (!isPrivate || !namesOwnerOnly(input)) throw notImplemented('An ACL that lets in others than the owner')
}

function ownersAcl(accountId: string) {
  const Grantee = { Type: 'CanonicalUser' as const, ID: accountId }
  return { Owner: { ID: accountId }, Grants: [{ Grantee, Permission: 'FULL_CONTROL' as const }] }
}
