import { describedRole } from '../role.ts'
import { changeRole, getRoleOf } from '../roles.ts'
import { checkTrustPolicy } from '../trust-policy.ts'
import type { IamOperation } from '../types.ts'

/** What is not given stays as it is. */
export const updateRole: IamOperation<'UpdateRole'> = async (deps, input, call) => {
  await changeRole(deps, call, input.RoleName, (role) => ({
    ...role,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: input.MaxSessionDuration }),
  }))
  return {}
}

export const updateRoleDescription: IamOperation<'UpdateRoleDescription'> = async (deps, input, call) => {
  await changeRole(deps, call, input.RoleName, (role) => ({ ...role, description: input.Description ?? '' }))
  const role = await getRoleOf(deps.store.account(call.accountId), input.RoleName)
  const { RoleLastUsed: _, MaxSessionDuration: __, ...described } = describedRole(role)
  return { Role: described }
}

export const updateAssumeRolePolicy: IamOperation<'UpdateAssumeRolePolicy'> = async (deps, input, call) => {
  const trustPolicy = input.PolicyDocument ?? ''
  checkTrustPolicy(trustPolicy)
  await changeRole(deps, call, input.RoleName, (role) => ({ ...role, trustPolicy }))
  return {}
}
