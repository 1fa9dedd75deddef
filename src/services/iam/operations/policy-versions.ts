import { deleteConflict, limitExceeded, noSuchVersion } from '../errors.ts'
import { POLICY_VERSIONS_MAX } from '../limits.ts'
import { checkManagedDocument } from '../managed-document.ts'
import { pageOf } from '../pages.ts'
import { checkPolicyArn, findAnyPolicy, getAnyPolicy, getOwnPolicy } from '../policies.ts'
import { describedVersion, listedVersion, type ManagedPolicy, type PolicyVersion } from '../policy.ts'
import type { IamOperation } from '../types.ts'

export const createPolicyVersion: IamOperation<'CreatePolicyVersion'> = async (
  { store, clock },
  { PolicyArn = '', PolicyDocument = '', SetAsDefault = false },
  call,
) => {
  checkManagedDocument(PolicyDocument)
  return store.change(call.accountId, async (account) => {
    const policy = await getOwnPolicy(account, PolicyArn, 'CreatePolicyVersion')
    if (policy.versions.length >= POLICY_VERSIONS_MAX)
      throw limitExceeded(
        `A managed policy can have up to ${POLICY_VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`,
      )

    const createdAt = clock.now()
    const version = { number: policy.lastVersion + 1, document: PolicyDocument, createdAt }
    const changed = {
      ...policy,
      versions: [...policy.versions, version],
      lastVersion: version.number,
      defaultVersion: SetAsDefault ? version.number : policy.defaultVersion,
      updatedAt: createdAt,
    }
    await account.savePolicy(changed)
    return { PolicyVersion: listedVersion(changed, version) }
  })
}

export const getPolicyVersion: IamOperation<'GetPolicyVersion'> = async (
  { store },
  { PolicyArn = '', VersionId = '' },
  call,
) => {
  checkPolicyArn(PolicyArn)
  const policy = await findAnyPolicy(store.account(call.accountId), PolicyArn)
  if (policy === undefined) throw noSuchVersion(PolicyArn, VersionId)
  return { PolicyVersion: describedVersion(policy, versionOf(policy, PolicyArn, VersionId)) }
}

/** The newest first. */
export const listPolicyVersions: IamOperation<'ListPolicyVersions'> = async ({ store }, input, call) => {
  const policy = await getAnyPolicy(store.account(call.accountId), input.PolicyArn ?? '')
  const { items, rest } = pageOf(policy.versions, newestFirst, input)
  return { Versions: items.map((version) => listedVersion(policy, version)), ...rest }
}

export const setDefaultPolicyVersion: IamOperation<'SetDefaultPolicyVersion'> = async (
  { store, clock },
  { PolicyArn = '', VersionId = '' },
  call,
) => {
  const missing = (arn: string) => noSuchVersion(arn, VersionId)
  await store.change(call.accountId, async (account) => {
    const policy = await getOwnPolicy(account, PolicyArn, 'SetDefaultPolicyVersion', missing)
    const { number } = versionOf(policy, PolicyArn, VersionId)
    await account.savePolicy({ ...policy, defaultVersion: number, updatedAt: clock.now() })
  })
  return {}
}

export const deletePolicyVersion: IamOperation<'DeletePolicyVersion'> = async (
  { store, clock },
  { PolicyArn = '', VersionId = '' },
  call,
) => {
  const missing = (arn: string) => noSuchVersion(arn, VersionId)
  await store.change(call.accountId, async (account) => {
    const policy = await getOwnPolicy(account, PolicyArn, 'DeletePolicyVersion', missing)
    const { number } = versionOf(policy, PolicyArn, VersionId)
    if (number === policy.defaultVersion)
      throw deleteConflict('Cannot delete the default version of a policy.')
    const versions = policy.versions.filter((version) => version.number !== number)
    await account.savePolicy({ ...policy, versions, updatedAt: clock.now() })
  })
  return {}
}

function versionOf(policy: ManagedPolicy, arn: string, versionId: string): PolicyVersion {
  const version = policy.versions.find(({ number }) => `v${number}` === versionId)
  if (version === undefined) throw noSuchVersion(arn, versionId)
  return version
}

/** Sorts as text: the higher the number, the lower the key. */
function newestFirst({ number }: PolicyVersion): string {
  return String(Number.MAX_SAFE_INTEGER - number).padStart(16, '0')
}
