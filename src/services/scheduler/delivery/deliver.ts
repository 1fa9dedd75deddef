import { DeliveryError, type Sender } from '../../../aws/ports/delivery.ts'
import { type Exhausted, endOf, nextAttempt } from '../../../aws/ports/retry-policy.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import type { Item } from '../../../store/outbox/outbox.ts'
import type { Verdict } from '../../../store/outbox/runner.ts'
import type { Delivery } from './delivery.ts'
import { inputFor, isoSeconds } from './input.ts'
import { send } from './send.ts'

export interface DeliverDeps {
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** Invokes a target: tries again where that may help, then hands over to the dead-letter queue. */
export async function deliver(deps: DeliverDeps, item: Item): Promise<Verdict> {
  const delivery = JSON.parse(item.body) as Delivery
  const { target, scheduledAt } = delivery
  const input = inputFor(delivery, item.attempts + 1)
  try {
    if (deps.clock.now() > endOf(target.RetryPolicy, scheduledAt)) throw tooOld()
    await send(deps.switchboard, { target, input, sender: senderOf(delivery) })
    return 'done'
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const times = { since: scheduledAt, attempts: item.attempts }
    const retryAt = error.isTransient ? nextAttempt(deps, target.RetryPolicy, times) : undefined
    if (typeof retryAt === 'number') return { retryAt }
    await bury(deps, delivery, { input, attempts: item.attempts, error, condition: retryAt })
    return 'done'
  }
}

/** While lambdad did not run, its time went by. */
function tooOld(): DeliveryError {
  return new DeliveryError('Unavailable', 'InternalFailure', 'The schedule could not be run in time.')
}

function senderOf({ accountId, scheduleArn, target }: Delivery): Sender {
  return { principal: 'scheduler.amazonaws.com', accountId, sourceArn: scheduleArn, roleArn: target.RoleArn }
}

interface Failure {
  readonly input: string
  readonly attempts: number
  readonly error: DeliveryError
  readonly condition: Exhausted | undefined
}

/** EventBridge Scheduler User Guide, "Configuring a dead-letter queue". */
async function bury(
  { switchboard, reportFault }: DeliverDeps,
  delivery: Delivery,
  { input, attempts, error, condition }: Failure,
): Promise<void> {
  const queue = delivery.target.DeadLetterConfig?.Arn
  if (queue === undefined) return
  const text = (stringValue: string) => ({ dataType: 'String', stringValue })
  const attributes = {
    ERROR_CODE: text(error.code),
    ERROR_MESSAGE: text(error.message),
    EXECUTION_ID: text(delivery.executionId),
    RETRY_ATTEMPTS: text(String(attempts)),
    SCHEDULED_TIME: text(isoSeconds(delivery.scheduledAt)),
    SCHEDULE_ARN: text(delivery.scheduleArn),
    TARGET_ARN: text(delivery.target.Arn),
    ...(condition !== undefined && { EXHAUSTED_RETRY_CONDITION: text(condition) }),
  }
  try {
    await switchboard.sqs.send(queue, { body: input, attributes }, senderOf(delivery))
  } catch (failure) {
    // What its dead-letter queue does not take is dropped, as on AWS; here somebody hears of it.
    reportFault(failure)
  }
}
