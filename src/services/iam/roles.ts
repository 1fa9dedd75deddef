import type { Call } from '../../aws/operation.ts'
import type { IamDeps } from './deps.ts'
import { noSuchBoundary, noSuchRole } from './errors.ts'
import { checkBoundaryArn, findAnyPolicy } from './policies.ts'
import type { Role } from './role.ts'
import type { IamEditor, IamReader } from './store.ts'

export async function getRoleOf(account: IamReader, name: string | undefined): Promise<Role> {
  const role = name === undefined ? undefined : await account.findRole(name)
  if (role === undefined) throw noSuchRole(name ?? '')
  return role
}

/** Changes one role as a whole. `change` may look around in the account, and refuse. */
export async function changeRole(
  { store }: IamDeps,
  call: Call,
  name: string | undefined,
  change: (role: Role, account: IamEditor) => Role | Promise<Role>,
): Promise<void> {
  await store.change(call.accountId, async (account) => {
    const role = await getRoleOf(account, name)
    await account.saveRole(await change(role, account))
  })
}

/** A permissions boundary is a managed policy that exists. */
export async function checkBoundary(account: IamReader, arn: string | undefined): Promise<void> {
  if (arn === undefined) return
  checkBoundaryArn(arn)
  if ((await findAnyPolicy(account, arn)) === undefined) throw noSuchBoundary(arn)
}
