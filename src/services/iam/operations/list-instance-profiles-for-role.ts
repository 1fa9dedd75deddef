import { getRoleOf } from '../roles.ts'
import type { IamOperation } from '../types.ts'

/** There are no instances here, and so no profiles; deploy tools ask before they delete a role. */
export const listInstanceProfilesForRole: IamOperation<'ListInstanceProfilesForRole'> = async (
  { store },
  { RoleName },
  call,
) => {
  await getRoleOf(store.account(call.accountId), RoleName)
  return { InstanceProfiles: [], IsTruncated: false }
}
