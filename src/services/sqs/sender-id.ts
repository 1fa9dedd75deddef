import type { Call } from '../../aws/operation.ts'

/**
 * What messages say of who sent them. AWS gives the unique id of the user or role; here it is the account of the
 * root, and otherwise the name at the end of the ARN: `my-role/session`.
 */
export function senderIdOf({ accountId, principalArn }: Pick<Call, 'accountId' | 'principalArn'>): string {
  const name = /:(?:user|assumed-role)\/(.+)$/.exec(principalArn)?.[1]
  return name ?? accountId
}
