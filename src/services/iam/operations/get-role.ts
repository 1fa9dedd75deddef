import { describedRole } from '../role.ts'
import { getRoleOf } from '../roles.ts'
import type { IamOperation } from '../types.ts'

export const getRole: IamOperation<'GetRole'> = async ({ store }, { RoleName }, call) => {
  return { Role: describedRole(await getRoleOf(store.account(call.accountId), RoleName)) }
}
