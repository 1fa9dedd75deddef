import type { ManagedPolicy } from './policy.ts'
import type { Role } from './role.ts'

/** What can be read of an account's IAM. Names are found as they were given, ARNs likewise. */
export interface IamReader {
  findRole(name: string): Promise<Role | undefined>
  /** In no particular order; at most as many as IAM's quota allows. */
  listRoles(): Promise<Role[]>
  /** Customer managed policies only, as in what follows. */
  findPolicy(arn: string): Promise<ManagedPolicy | undefined>
  listPolicies(): Promise<ManagedPolicy[]>
}

/** An account's IAM while it is being changed. */
export interface IamEditor extends IamReader {
  /** Whether a role has this name in whatever case. */
  isRoleNameTaken(name: string): Promise<boolean>
  isPolicyNameTaken(name: string): Promise<boolean>
  /** Adds the role, or puts it in the place of the one with its name. */
  saveRole(role: Role): Promise<void>
  deleteRole(name: string): Promise<void>
  savePolicy(policy: ManagedPolicy): Promise<void>
  deletePolicy(arn: string): Promise<void>
}

/** Where roles and policies are kept: by account, for IAM knows no regions. */
export interface IamStore {
  /** Sees what is committed. */
  account(accountId: string): IamReader
  /**
   * Changes an account's IAM as one transaction, all of it or, where `work` throws, nothing. Changes to the same
   * account follow one another, whatever node they come from, so that `work` may look before it leaps. It may
   * be run again, and must have no effects outside.
   */
  change<Result>(accountId: string, work: (account: IamEditor) => Promise<Result>): Promise<Result>
}
