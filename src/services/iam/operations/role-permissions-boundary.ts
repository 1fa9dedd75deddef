import { noSuchEntity } from '../errors.ts'
import { changeRole, checkBoundary } from '../roles.ts'
import type { IamOperation } from '../types.ts'

export const putRolePermissionsBoundary: IamOperation<'PutRolePermissionsBoundary'> = async (
  deps,
  { RoleName, PermissionsBoundary = '' },
  call,
) => {
  await changeRole(deps, call, RoleName, async (role, account) => {
    await checkBoundary(account, PermissionsBoundary)
    return { ...role, boundaryArn: PermissionsBoundary }
  })
  return {}
}

export const deleteRolePermissionsBoundary: IamOperation<'DeleteRolePermissionsBoundary'> = async (
  deps,
  { RoleName },
  call,
) => {
  await changeRole(deps, call, RoleName, ({ boundaryArn, ...role }) => {
    if (boundaryArn === undefined)
      throw noSuchEntity(`The role with name ${role.name} does not have a permissions boundary attached.`)
    return role
  })
  return {}
}
