import { limitExceeded, noSuchRolePolicy } from '../errors.ts'
import { INLINE_POLICY_CHARACTERS_MAX } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { checkPolicyDocument, documentLength, encodeDocument } from '../policy-document.ts'
import { changeRole, getRoleOf } from '../roles.ts'
import type { IamOperation } from '../types.ts'

export const putRolePolicy: IamOperation<'PutRolePolicy'> = async (deps, input, call) => {
  const { PolicyName = '', PolicyDocument = '' } = input
  checkPolicyDocument(PolicyDocument, 'inline')
  await changeRole(deps, call, input.RoleName, (role) => {
    const inlinePolicies = { ...role.inlinePolicies, [PolicyName]: PolicyDocument }
    const length = Object.values(inlinePolicies).reduce((sum, text) => sum + documentLength(text), 0)
    if (length > INLINE_POLICY_CHARACTERS_MAX)
      throw limitExceeded(
        `Maximum policy size of ${INLINE_POLICY_CHARACTERS_MAX} bytes exceeded for role ${role.name}`,
      )
    return { ...role, inlinePolicies }
  })
  return {}
}

export const getRolePolicy: IamOperation<'GetRolePolicy'> = async ({ store }, input, call) => {
  const { PolicyName = '' } = input
  const { name, inlinePolicies } = await getRoleOf(store.account(call.accountId), input.RoleName)
  if (!Object.hasOwn(inlinePolicies, PolicyName)) throw noSuchRolePolicy(PolicyName)
  return {
    RoleName: name,
    PolicyName,
    PolicyDocument: encodeDocument(inlinePolicies[PolicyName] ?? ''),
  }
}

export const deleteRolePolicy: IamOperation<'DeleteRolePolicy'> = async (deps, input, call) => {
  const { PolicyName = '' } = input
  await changeRole(deps, call, input.RoleName, (role) => {
    if (!Object.hasOwn(role.inlinePolicies, PolicyName)) throw noSuchRolePolicy(PolicyName)
    const { [PolicyName]: _, ...inlinePolicies } = role.inlinePolicies
    return { ...role, inlinePolicies }
  })
  return {}
}

export const listRolePolicies: IamOperation<'ListRolePolicies'> = async ({ store }, input, call) => {
  const { inlinePolicies } = await getRoleOf(store.account(call.accountId), input.RoleName)
  const { items, rest } = pageOf(Object.keys(inlinePolicies), (name) => name, input)
  return { PolicyNames: items, ...rest }
}
