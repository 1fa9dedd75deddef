import { pageOf } from '../pages.ts'
import { getAnyPolicy } from '../policies.ts'
import type { Role } from '../role.ts'
import type { IamInput, IamOperation } from '../types.ts'

/** Roles only: there are no users and groups yet, so nothing else can have a policy. */
export const listEntitiesForPolicy: IamOperation<'ListEntitiesForPolicy'> = async (
  { store },
  input,
  call,
) => {
  const account = store.account(call.accountId)
  await getAnyPolicy(account, input.PolicyArn ?? '')
  const roles = (await account.listRoles()).filter((role) => isWanted(role, input))
  const { items, rest } = pageOf(roles, ({ name }) => name.toLowerCase(), input)
  return {
    PolicyGroups: [],
    PolicyUsers: [],
    PolicyRoles: items.map(({ name, id }) => ({ RoleName: name, RoleId: id })),
    ...rest,
  }
}

function isWanted(role: Role, input: IamInput<'ListEntitiesForPolicy'>): boolean {
  const arn = input.PolicyArn ?? ''
  if (input.EntityFilter !== undefined && input.EntityFilter !== 'Role') return false
  if (!role.path.startsWith(input.PathPrefix ?? '/')) return false
  if (input.PolicyUsageFilter === 'PermissionsBoundary') return role.boundaryArn === arn
  if (input.PolicyUsageFilter === 'PermissionsPolicy') return role.attachedPolicies.includes(arn)
  return role.attachedPolicies.includes(arn) || role.boundaryArn === arn
}
