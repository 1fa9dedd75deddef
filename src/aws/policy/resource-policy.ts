import type { Sender } from '../ports/delivery.ts'
import { isAllowedBy, type PolicyStatement, statementsIn } from './evaluate.ts'
import { meansIdentity, meansService } from './principal.ts'

/** A caller of another account. */
export interface ForeignCaller {
  readonly accountId: string
  readonly principalArn: string
}

/** Whether a resource's policy lets a service of AWS in that acts for `sender`. */
export function maySend(
  policy: string | undefined,
  action: string,
  resource: string,
  sender: Sender,
): boolean {
  return isAllowedToSend(statementsIn(policy), action, resource, sender)
}

/** The same, of the statements of one policy or several. */
export function isAllowedToSend(
  statements: readonly PolicyStatement[],
  action: string,
  resource: string,
  { principal: service, accountId, sourceArn }: Sender,
): boolean {
  const context = new Map([
    ['aws:sourcearn', sourceArn],
    ['aws:sourceaccount', accountId],
    ['aws:principalisawsservice', 'true'],
    ['aws:principalservicename', service],
    // Services of AWS call each other by TLS; here nothing leaves the process.
    ['aws:securetransport', 'true'],
  ])
  // Queues and topics that are open to all accounts are open to services, too.
  const isMeant = (principal: unknown) =>
    meansService(principal, service) || meansIdentity(principal, { arn: '*', accountId: '*' })
  return isAllowedBy(statements, { action, resource, context, isMeant })
}

/** Whether a resource's policy lets a caller of another account in. */
export function mayAccess(
  policy: string | undefined,
  action: string,
  resource: string,
  { accountId, principalArn }: ForeignCaller,
): boolean {
  const context = new Map([
    ['aws:principalaccount', accountId],
    ['aws:principalarn', principalArn],
  ])
  const isMeant = (principal: unknown) => meansIdentity(principal, { arn: principalArn, accountId })
  return isAllowedBy(statementsIn(policy), { action, resource, context, isMeant })
}
