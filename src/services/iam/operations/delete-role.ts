import { deleteConflict } from '../errors.ts'
import { getRoleOf } from '../roles.ts'
import type { IamOperation } from '../types.ts'

export const deleteRole: IamOperation<'DeleteRole'> = async ({ store }, { RoleName }, call) => {
  await store.change(call.accountId, async (account) => {
    const role = await getRoleOf(account, RoleName)
    if (role.attachedPolicies.length > 0)
      throw deleteConflict('Cannot delete entity, must detach all policies first.')
    if (Object.keys(role.inlinePolicies).length > 0)
      throw deleteConflict('Cannot delete entity, must delete policies first.')
    await account.deleteRole(role.name)
  })
  return {}
}
