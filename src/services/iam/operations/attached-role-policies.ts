import { limitExceeded, noSuchPolicy, policyNotAttachable } from '../errors.ts'
import { ATTACHED_POLICIES_MAX } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { checkPolicyArn, findAnyPolicy } from '../policies.ts'
import { changeRole, getRoleOf } from '../roles.ts'
import type { IamOperation } from '../types.ts'

/** Attaching what is attached already changes nothing. */
export const attachRolePolicy: IamOperation<'AttachRolePolicy'> = async (deps, input, call) => {
  const { PolicyArn = '' } = input
  checkPolicyArn(PolicyArn)
  await changeRole(deps, call, input.RoleName, async (role, account) => {
    if ((await findAnyPolicy(account, PolicyArn)) === undefined) throw policyNotAttachable(PolicyArn)
    if (role.attachedPolicies.includes(PolicyArn)) return role
    if (role.attachedPolicies.length >= ATTACHED_POLICIES_MAX)
      throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${ATTACHED_POLICIES_MAX}`)
    return { ...role, attachedPolicies: [...role.attachedPolicies, PolicyArn] }
  })
  return {}
}

export const detachRolePolicy: IamOperation<'DetachRolePolicy'> = async (deps, input, call) => {
  const { PolicyArn = '' } = input
  checkPolicyArn(PolicyArn)
  await changeRole(deps, call, input.RoleName, (role) => {
    if (!role.attachedPolicies.includes(PolicyArn)) throw noSuchPolicy(PolicyArn)
    return { ...role, attachedPolicies: role.attachedPolicies.filter((arn) => arn !== PolicyArn) }
  })
  return {}
}

export const listAttachedRolePolicies: IamOperation<'ListAttachedRolePolicies'> = async (
  { store },
  input,
  call,
) => {
  const { attachedPolicies } = await getRoleOf(store.account(call.accountId), input.RoleName)
  const wanted = attachedPolicies.filter((arn) => pathOf(arn).startsWith(input.PathPrefix ?? '/'))
  const { items, rest } = pageOf(wanted, (arn) => arn, input)
  return {
    AttachedPolicies: items.map((arn) => ({
      PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
      PolicyArn: arn,
    })),
    ...rest,
  }
}

/** `/service-role/` of `arn:aws:iam::aws:policy/service-role/AWSLambdaRole` */
function pathOf(arn: string): string {
  const resource = arn.slice(arn.indexOf(':policy/') + ':policy'.length)
  return resource.slice(0, resource.lastIndexOf('/') + 1)
}
