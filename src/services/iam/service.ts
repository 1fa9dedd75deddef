import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { IamDeps } from './deps.ts'
import {
  attachRolePolicy,
  detachRolePolicy,
  listAttachedRolePolicies,
} from './operations/attached-role-policies.ts'
import { createPolicy } from './operations/create-policy.ts'
import { createRole } from './operations/create-role.ts'
import { deletePolicy } from './operations/delete-policy.ts'
import { deleteRole } from './operations/delete-role.ts'
import { getPolicy } from './operations/get-policy.ts'
import { getRole } from './operations/get-role.ts'
import { listEntitiesForPolicy } from './operations/list-entities-for-policy.ts'
import { listInstanceProfilesForRole } from './operations/list-instance-profiles-for-role.ts'
import { listPolicies } from './operations/list-policies.ts'
import { listRoles } from './operations/list-roles.ts'
import { listPolicyTags, tagPolicy, untagPolicy } from './operations/policy-tags.ts'
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './operations/policy-versions.ts'
import {
  deleteRolePermissionsBoundary,
  putRolePermissionsBoundary,
} from './operations/role-permissions-boundary.ts'
import {
  deleteRolePolicy,
  getRolePolicy,
  listRolePolicies,
  putRolePolicy,
} from './operations/role-policies.ts'
import { listRoleTags, tagRole, untagRole } from './operations/role-tags.ts'
import { updateAssumeRolePolicy, updateRole, updateRoleDescription } from './operations/update-role.ts'
import type { IamOperationName } from './types.ts'

/** Every operation of the IAM API that we answer. */
export const iamOperations = {
  AttachRolePolicy: attachRolePolicy,
  CreatePolicy: createPolicy,
  CreatePolicyVersion: createPolicyVersion,
  CreateRole: createRole,
  DeletePolicy: deletePolicy,
  DeletePolicyVersion: deletePolicyVersion,
  DeleteRole: deleteRole,
  DeleteRolePermissionsBoundary: deleteRolePermissionsBoundary,
  DeleteRolePolicy: deleteRolePolicy,
  DetachRolePolicy: detachRolePolicy,
  GetPolicy: getPolicy,
  GetPolicyVersion: getPolicyVersion,
  GetRole: getRole,
  GetRolePolicy: getRolePolicy,
  ListAttachedRolePolicies: listAttachedRolePolicies,
  ListEntitiesForPolicy: listEntitiesForPolicy,
  ListInstanceProfilesForRole: listInstanceProfilesForRole,
  ListPolicies: listPolicies,
  ListPolicyTags: listPolicyTags,
  ListPolicyVersions: listPolicyVersions,
  ListRolePolicies: listRolePolicies,
  ListRoles: listRoles,
  ListRoleTags: listRoleTags,
  PutRolePermissionsBoundary: putRolePermissionsBoundary,
  PutRolePolicy: putRolePolicy,
  SetDefaultPolicyVersion: setDefaultPolicyVersion,
  TagPolicy: tagPolicy,
  TagRole: tagRole,
  UntagPolicy: untagPolicy,
  UntagRole: untagRole,
  UpdateAssumeRolePolicy: updateAssumeRolePolicy,
  UpdateRole: updateRole,
  UpdateRoleDescription: updateRoleDescription,
} satisfies Partial<Record<IamOperationName, Operation<IamDeps, never, unknown>>>

export function createIamOperations(deps: IamDeps): Record<keyof typeof iamOperations, BoundOperation> {
  return bindOperations(iamOperations, deps)
}
