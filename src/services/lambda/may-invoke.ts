import type { Sender } from '../../aws/ports/delivery.ts'
import { type FunctionKey, LATEST } from './function.ts'
import { isAllowed } from './policy-check.ts'
import type { FunctionStore } from './store.ts'

/** Whether a sender that is no caller of the API may invoke a function, or one version or alias of it. */
export type MayInvoke = (key: FunctionKey, qualifier: string | undefined, sender: Sender) => Promise<boolean>

/**
 * The resource policy of just what is called decides. Who acts as a role of the function's own account is let in
 * by that role's policies, which are not looked at.
 */
export function createMayInvoke(functions: Pick<FunctionStore, 'findPolicy'>): MayInvoke {
  return async (key, qualifier, sender) => {
    if (sender.roleArn !== undefined && sender.accountId === key.accountId) return true
    return isAllowed(await policyAt(functions, key, qualifier), 'lambda:InvokeFunction', sender)
  }
}

/** The policy of just what is named; $LATEST has the function's. */
export function policyAt(
  functions: Pick<FunctionStore, 'findPolicy'>,
  key: FunctionKey,
  qualifier: string | undefined,
) {
  return functions.findPolicy(key, qualifier === LATEST ? '' : (qualifier ?? ''))
}
