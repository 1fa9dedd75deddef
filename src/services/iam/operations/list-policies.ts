import { listAwsManagedPolicies } from '../aws-managed-policies.ts'
import { pageOf } from '../pages.ts'
import { usageIn } from '../policies.ts'
import { listedPolicy, policyArn } from '../policy.ts'
import type { IamOperation } from '../types.ts'

export const listPolicies: IamOperation<'ListPolicies'> = async ({ store }, input, call) => {
  const account = store.account(call.accountId)
  const own = input.Scope === 'AWS' ? [] : await account.listPolicies()
  const aws = input.Scope === 'Local' ? [] : listAwsManagedPolicies()
  const usage = usageIn(await account.listRoles())

  const wanted = [...own, ...aws].filter((policy) => {
    const { attachments, boundaries } = usage(policy)
    if (!policy.path.startsWith(input.PathPrefix ?? '/')) return false
    if (input.PolicyUsageFilter === 'PermissionsBoundary') return boundaries > 0
    if (input.PolicyUsageFilter === 'PermissionsPolicy') return attachments > 0
    return !input.OnlyAttached || attachments > 0
  })
  const { items, rest } = pageOf(
    wanted,
    (policy) => `${policy.name.toLowerCase()} ${policyArn(policy)}`,
    input,
  )
  return { Policies: items.map((policy) => listedPolicy(policy, usage(policy))), ...rest }
}
