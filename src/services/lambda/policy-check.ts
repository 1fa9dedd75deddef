import { isAllowedBy } from '../../aws/policy/evaluate.ts'
import { meansIdentity, meansService } from '../../aws/policy/principal.ts'
import type { Sender } from '../../aws/ports/delivery.ts'
import type { Statement } from './store.ts'

/** Who asks, as far as policies can tell. What is absent no condition finds. */
export type PolicyCaller = Pick<Sender, 'accountId' | 'roleArn'> & {
  /** A service (`s3.amazonaws.com`), an account's id, or an ARN of IAM or STS. */
  readonly principal: string
  readonly sourceArn?: string
  readonly organizationId?: string
  readonly eventSourceToken?: string
  readonly functionUrlAuthType?: 'NONE' | 'AWS_IAM'
  readonly isViaFunctionUrl?: boolean
}

/**
 * Whether a resource policy lets `caller` do `action` (`lambda:InvokeFunction`). The policy is that of just what is
 * called, and so its statements' resources are not compared. What an account's own policies grant its principals
 * is not looked at.
 */
export function isAllowed(policy: readonly Statement[], action: string, caller: PolicyCaller): boolean {
  const arn = caller.roleArn ?? caller.principal
  const { accountId } = caller
  const isMeant = (principal: unknown) =>
    isServiceName(arn) ? meansService(principal, arn) : meansIdentity(principal, { arn, accountId })
  return isAllowedBy(policy, { action, context: contextOf(caller), isMeant })
}

function contextOf(caller: PolicyCaller): ReadonlyMap<string, string> {
  const { accountId, sourceArn, organizationId, eventSourceToken, functionUrlAuthType } = caller
  const arn = caller.roleArn ?? (caller.principal.startsWith('arn:') ? caller.principal : undefined)
  const isService = caller.roleArn === undefined && isServiceName(caller.principal)
  const values: Record<string, string | undefined> = {
    'aws:sourcearn': sourceArn,
    'aws:sourceaccount': isService ? accountId : undefined,
    'aws:principalarn': arn,
    'aws:principalaccount': isService ? undefined : accountId,
    'aws:principalisawsservice': String(isService),
    'aws:principalservicename': isService ? caller.principal : undefined,
    'aws:principalorgid': organizationId,
    'lambda:eventsourcetoken': eventSourceToken,
    'lambda:functionurlauthtype': functionUrlAuthType,
    'lambda:invokedviafunctionurl': caller.isViaFunctionUrl?.toString(),
  }
  return new Map(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function isServiceName(principal: string): boolean {
  return /^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$/.test(principal)
}
