import { pageOf } from '../pages.ts'
import { listedRole } from '../role.ts'
import type { IamOperation } from '../types.ts'

export const listRoles: IamOperation<'ListRoles'> = async ({ store }, input, call) => {
  const roles = await store.account(call.accountId).listRoles()
  const wanted = roles.filter(({ path }) => path.startsWith(input.PathPrefix ?? '/'))
  const { items, rest } = pageOf(wanted, ({ name }) => name.toLowerCase(), input)
  return { Roles: items.map(listedRole), ...rest }
}
