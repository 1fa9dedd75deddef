import { deleteConflict } from '../errors.ts'
import { getOwnPolicy, usageIn } from '../policies.ts'
import type { IamOperation } from '../types.ts'

export const deletePolicy: IamOperation<'DeletePolicy'> = async ({ store }, { PolicyArn = '' }, call) => {
  await store.change(call.accountId, async (account) => {
    const policy = await getOwnPolicy(account, PolicyArn, 'DeletePolicy')
    const { attachments, boundaries } = usageIn(await account.listRoles())(policy)
    if (attachments + boundaries > 0) throw deleteConflict('Cannot delete a policy attached to entities.')
    if (policy.versions.length > 1)
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      )
    await account.deletePolicy(PolicyArn)
  })
  return {}
}
