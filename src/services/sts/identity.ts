import { createHash } from 'node:crypto'
import { parseArn } from '../../aws/arn.ts'
import { base32 } from '../../aws/base32.ts'

/** A role session, as its ARN tells it. */
export interface RoleSession {
  readonly roleName: string
  readonly sessionName: string
}

/** `arn:aws:sts::123456789012:assumed-role/r/s` */
export function parseSessionArn(principalArn: string): RoleSession | undefined {
  const arn = parseArn(principalArn)
  if (arn?.service !== 'sts') return undefined
  const [kind, roleName, ...rest] = arn.resource.split('/')
  if (kind !== 'assumed-role' || !roleName || rest.length === 0) return undefined
  return { roleName, sessionName: rest.join('/') }
}

/** The id of a role that nobody made, in open mode: always the same for the same account and name. */
export function madeUpRoleId(accountId: string, roleName: string): string {
  const digest = createHash('sha256').update(`${accountId}/${roleName.toLowerCase()}`).digest()
  return `AROA${base32(digest).slice(0, 17)}`
}
