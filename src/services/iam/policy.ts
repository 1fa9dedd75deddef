import { formatArn } from '../../aws/arn.ts'
import { encodeDocument } from './policy-document.ts'
import type { Tag } from './role.ts'
import type { IamOutput } from './types.ts'

/** A managed policy with its versions. */
export interface ManagedPolicy {
  /** `aws` for those that AWS keeps. */
  readonly accountId: string
  readonly name: string
  /** `ANPA…`, never used again. */
  readonly id: string
  readonly path: string
  readonly description?: string
  readonly tags: readonly Tag[]
  /** In the order of their making; at most five. */
  readonly versions: readonly PolicyVersion[]
  readonly defaultVersion: number
  /** The highest number ever given: a version's number is not used again. */
  readonly lastVersion: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly updatedAt: number
}

export interface PolicyVersion {
  readonly number: number
  /** The JSON as it was given. */
  readonly document: string
  readonly createdAt: number
}

export function policyArn({
  accountId,
  path,
  name,
}: Pick<ManagedPolicy, 'accountId' | 'path' | 'name'>): string {
  return formatArn({ service: 'iam', region: '', accountId, resource: `policy${path}${name}` })
}

/** How many roles a policy is attached to, and how many it bounds. */
export interface PolicyUsage {
  readonly attachments: number
  readonly boundaries: number
}

type PolicyOutput = NonNullable<IamOutput<'GetPolicy'>['Policy']>

/** As ListPolicies and CreatePolicy answer it: AWS leaves out the description there. */
export function listedPolicy(policy: ManagedPolicy, usage: PolicyUsage): PolicyOutput {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policyArn(policy),
    Path: policy.path,
    DefaultVersionId: `v${policy.defaultVersion}`,
    AttachmentCount: usage.attachments,
    PermissionsBoundaryUsageCount: usage.boundaries,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
  }
}

/** As GetPolicy answers it. */
export function describedPolicy(policy: ManagedPolicy, usage: PolicyUsage): PolicyOutput {
  return {
    ...listedPolicy(policy, usage),
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    Tags: policy.tags.map(({ key, value }) => ({ Key: key, Value: value })),
  }
}

type VersionOutput = NonNullable<IamOutput<'GetPolicyVersion'>['PolicyVersion']>

export function listedVersion(policy: ManagedPolicy, version: PolicyVersion): VersionOutput {
  return {
    VersionId: `v${version.number}`,
    IsDefaultVersion: version.number === policy.defaultVersion,
    CreateDate: new Date(version.createdAt),
  }
}

export function describedVersion(policy: ManagedPolicy, version: PolicyVersion): VersionOutput {
  return { Document: encodeDocument(version.document), ...listedVersion(policy, version) }
}
