import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { backoffMs } from '../../base/retry.ts'

/** How long a delivery is tried again, as targets of rules and schedules say it. */
export interface RetryPolicy {
  readonly MaximumRetryAttempts?: number | undefined
  readonly MaximumEventAgeInSeconds?: number | undefined
}

/** Which end of the policy was reached, in the words of messages in dead-letter queues. */
export type Exhausted = 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds'

// Amazon EventBridge User Guide, "How EventBridge retries delivering events": exponential, with jitter.
const RETRIES_DEFAULT = 185
const AGE_DEFAULT_S = 86_400
const BACKOFF = { baseMs: 2000, maxMs: 10 * 60_000 }

/**
 * When the next attempt is, milliseconds since the epoch, or why there is none.
 *
 * @param since - from when the event's age is counted
 * @param attempts - how often it was tried in vain before the attempt that failed now
 */
export function nextAttempt(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  policy: RetryPolicy = {},
  { since, attempts }: { readonly since: number; readonly attempts: number },
): number | Exhausted {
  if (attempts >= (policy.MaximumRetryAttempts ?? RETRIES_DEFAULT)) return 'MaximumRetryAttempts'
  const wait = BACKOFF.baseMs / 2 + backoffMs(attempts + 1, { ...BACKOFF, random })
  const retryAt = Math.ceil(clock.now() + wait)
  return retryAt > endOf(policy, since) ? 'MaximumEventAgeInSeconds' : retryAt
}

/** Until when an event may be delivered. */
export function endOf({ MaximumEventAgeInSeconds = AGE_DEFAULT_S }: RetryPolicy = {}, since: number): number {
  return since + MaximumEventAgeInSeconds * 1000
}
