import { madeUpRoleId, parseSessionArn } from '../identity.ts'
import type { StsOperation } from '../types.ts'

export const getCallerIdentity: StsOperation<'GetCallerIdentity'> = async ({ findRole }, _input, call) => {
  const { accountId, principalArn } = call
  const session = parseSessionArn(principalArn)
  // The root's id is its account's.
  if (session === undefined) return { UserId: accountId, Account: accountId, Arn: principalArn }

  const role = await findRole(accountId, session.roleName)
  const roleId = role?.id ?? madeUpRoleId(accountId, session.roleName)
  return { UserId: `${roleId}:${session.sessionName}`, Account: accountId, Arn: principalArn }
}
