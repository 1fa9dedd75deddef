import { alreadyExists, limitExceeded } from '../errors.ts'
import { uniqueId } from '../ids.ts'
import { ROLES_MAX } from '../limits.ts'
import { createdRole, type Role } from '../role.ts'
import { checkBoundary } from '../roles.ts'
import { readTags } from '../tags.ts'
import { checkTrustPolicy } from '../trust-policy.ts'
import type { IamOperation } from '../types.ts'

/** AWS's default, in seconds. */
const MAX_SESSION_DEFAULT = 3_600

export const createRole: IamOperation<'CreateRole'> = async ({ store, clock, random }, input, call) => {
  const name = input.RoleName ?? ''
  const trustPolicy = input.AssumeRolePolicyDocument ?? ''
  const tags = readTags(input.Tags, 'ignored')
  checkTrustPolicy(trustPolicy)

  const role: Role = {
    accountId: call.accountId,
    name,
    id: uniqueId('AROA', random),
    path: input.Path ?? '/',
    trustPolicy,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    maxSessionSeconds: input.MaxSessionDuration ?? MAX_SESSION_DEFAULT,
    ...(input.PermissionsBoundary === undefined ? {} : { boundaryArn: input.PermissionsBoundary }),
    tags,
    inlinePolicies: {},
    attachedPolicies: [],
    createdAt: clock.now(),
  }

  await store.change(call.accountId, async (account) => {
    if (await account.isRoleNameTaken(name)) throw alreadyExists(`Role with name ${name} already exists.`)
    await checkBoundary(account, input.PermissionsBoundary)
    if ((await account.listRoles()).length >= ROLES_MAX)
      throw limitExceeded(`Cannot exceed quota for RolesPerAccount: ${ROLES_MAX}`)
    await account.saveRole(role)
  })
  return { Role: createdRole(role) }
}
