import { DeliveryError } from '../../../aws/ports/delivery.ts'
import { type Exhausted, nextAttempt } from '../../../aws/ports/retry-policy.ts'
import type { Item } from '../../../store/outbox/outbox.ts'
import type { Verdict } from '../../../store/outbox/runner.ts'
import type { Delivery } from './delivery.ts'
import { type SendDeps, send } from './send.ts'

export interface DeliverDeps extends SendDeps {
  readonly reportFault: (error: unknown) => void
}

/** Delivers what the outbox holds: tries again where that may help, then hands over to the dead-letter queue. */
export async function deliver(deps: DeliverDeps, item: Item, signal: AbortSignal): Promise<Verdict> {
  const delivery = JSON.parse(item.body) as Delivery
  try {
    await send(deps, delivery, signal)
    return 'done'
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const { target, takenAt } = delivery
    const retryAt = error.isTransient
      ? nextAttempt(deps, target.RetryPolicy, { since: takenAt, attempts: item.attempts })
      : undefined
    if (typeof retryAt === 'number') return { retryAt }
    return giveUp(deps, delivery, item, { error, condition: retryAt })
  }
}

async function giveUp(
  deps: DeliverDeps,
  delivery: Delivery,
  { attempts }: Item,
  { error, condition }: { readonly error: DeliveryError; readonly condition: Exhausted | undefined },
): Promise<Verdict> {
  const { target, ruleArn, accountId } = delivery
  const queue = target.DeadLetterConfig?.Arn
  if (queue === undefined) return 'done'
  const text = (stringValue: string) => ({ dataType: 'String', stringValue })
  const attributes = {
    RULE_ARN: text(ruleArn),
    TARGET_ARN: text(target.Arn),
    ERROR_CODE: text(codeOf(error)),
    ERROR_MESSAGE: text(error.message),
    RETRY_ATTEMPTS: text(String(attempts)),
    ...(condition !== undefined && { EXHAUSTED_RETRY_CONDITION: text(condition) }),
  }
  const body = delivery.forwarded === undefined ? delivery.input : JSON.stringify(delivery.forwarded)
  try {
    const sender = { principal: 'events.amazonaws.com', accountId, sourceArn: ruleArn }
    await deps.switchboard.sqs.send(queue, { body, attributes }, sender)
  } catch (failure) {
    // AWS drops what its dead-letter queue does not take; here somebody hears of it.
    deps.reportFault(failure)
  }
  return 'done'
}

/** As messages in dead-letter queues have it (Amazon EventBridge User Guide, "Using dead-letter queues"). */
function codeOf({ fault, code }: DeliveryError): string {
  switch (fault) {
    case 'NotFound':
      return 'NO_RESOURCE'
    case 'AccessDenied':
      return 'NO_PERMISSIONS'
    case 'Throttled':
      return 'THROTTLING'
    case 'Invalid':
      return 'INVALID_PARAMETER'
    case 'Unavailable':
      return code
  }
}
