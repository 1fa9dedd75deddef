import { formatArn } from '../../aws/arn.ts'
import { encodeDocument } from './policy-document.ts'
import type { IamOutput } from './types.ts'

export interface Tag {
  readonly key: string
  readonly value: string
}

/** A role and all that hangs on it. Names are kept as they were given, and told apart without regard to case. */
export interface Role {
  readonly accountId: string
  readonly name: string
  /** `AROA…`, never used again. */
  readonly id: string
  /** `/`, or `/team/`. */
  readonly path: string
  /** The JSON as it was given. */
  readonly trustPolicy: string
  readonly description?: string
  readonly maxSessionSeconds: number
  readonly boundaryArn?: string
  readonly tags: readonly Tag[]
  /** Documents by name. */
  readonly inlinePolicies: Readonly<Record<string, string>>
  /** ARNs, in the order in which they were attached. */
  readonly attachedPolicies: readonly string[]
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export function roleArn({ accountId, path, name }: Pick<Role, 'accountId' | 'path' | 'name'>): string {
  return formatArn({ service: 'iam', region: '', accountId, resource: `role${path}${name}` })
}

type RoleOutput = NonNullable<IamOutput<'GetRole'>['Role']>

/** As CreateRole answers it: AWS leaves out the description and the session's length there. */
export function createdRole(role: Role): RoleOutput {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...boundaryOf(role),
    ...tagsOf(role),
  }
}

/** As GetRole answers it. When a role was last used is not recorded, which AWS writes as an empty structure. */
export function describedRole(role: Role): RoleOutput {
  return { ...listedRole(role), ...boundaryOf(role), ...tagsOf(role), RoleLastUsed: {} }
}

/** As ListRoles answers it: without tags and boundary, as on AWS. */
export function listedRole(role: Role): RoleOutput {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description === undefined ? {} : { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
  }
}

function boundaryOf({ boundaryArn }: Role): Pick<RoleOutput, 'PermissionsBoundary'> {
  if (boundaryArn === undefined) return {}
  return {
    PermissionsBoundary: { PermissionsBoundaryType: 'Policy' as never, PermissionsBoundaryArn: boundaryArn },
  }
}

function tagsOf({ tags }: Role): Pick<RoleOutput, 'Tags'> {
  return tags.length === 0 ? {} : { Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })) }
}
