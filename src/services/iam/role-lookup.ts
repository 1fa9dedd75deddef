import { parseArn } from '../../aws/arn.ts'
import { roleArn } from './role.ts'
import type { IamStore } from './store.ts'

/** What other services ask of roles. They do not know this room; main.ts hands them these. */
export interface RoleLookup {
  findRole(
    accountId: string,
    roleName: string,
  ): Promise<{ id: string; arn: string; maxSessionSeconds: number } | undefined>
  /** Whether the role is there, and its trust policy lets `service` (`lambda.amazonaws.com`) assume it. */
  isAssumableBy(service: string, arn: string): Promise<boolean>
}

export function createRoleLookup(store: IamStore): RoleLookup {
  return {
    async findRole(accountId, roleName) {
      const role = await store.account(accountId).findRole(roleName)
      if (role === undefined) return undefined
      return { id: role.id, arn: roleArn(role), maxSessionSeconds: role.maxSessionSeconds }
    },
    async isAssumableBy(service, arn) {
      const accountId = parseArn(arn)?.accountId
      if (accountId === undefined) return false
      const role = await store.account(accountId).findRole(arn.slice(arn.lastIndexOf('/') + 1))
      return role !== undefined && roleArn(role) === arn && trusts(role.trustPolicy, service)
    },
  }
}

interface TrustStatement {
  Effect: string
  Principal?: '*' | { Service?: string | string[] }
}

/** Conditions are not looked at yet: a statement with conditions counts as if they were met. */
function trusts(document: string, service: string): boolean {
  const { Statement } = JSON.parse(document) as { Statement: TrustStatement | TrustStatement[] }
  const about = [Statement].flat().filter(({ Principal }) => {
    if (Principal === '*') return true
    return [Principal?.Service ?? []].flat().includes(service)
  })
  return about.some(({ Effect }) => Effect === 'Allow') && !about.some(({ Effect }) => Effect === 'Deny')
}
