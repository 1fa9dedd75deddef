import { getAnyPolicy, usageIn } from '../policies.ts'
import { describedPolicy } from '../policy.ts'
import type { IamOperation } from '../types.ts'

export const getPolicy: IamOperation<'GetPolicy'> = async ({ store }, { PolicyArn = '' }, call) => {
  const account = store.account(call.accountId)
  const policy = await getAnyPolicy(account, PolicyArn)
  return { Policy: describedPolicy(policy, usageIn(await account.listRoles())(policy)) }
}
