import { DeliveryError } from '../../aws/ports/delivery.ts'
import { backoffMs } from '../../base/retry.ts'
import type { Delivery } from './delivery.ts'

// AWS retries deliveries and does not say how often, or for how long.

/** A target that takes no more just now, or is away, is tried for as long as AWS keeps an event. */
const PATIENCE_MS = 6 * 3600_000
/** One that is not there, or lets nobody in, may be set right in a moment: about half a minute in all. */
const FAILURES_MAX = 5
const WAITS = { baseMs: 1000, maxMs: 300_000, random: { fraction: () => 1 } }

/** When it is tried again; undefined where it is given up. */
export function afterFailedDelivery(
  delivery: Delivery,
  error: unknown,
  now: number,
): { readonly at: number; readonly delivery: Delivery } | undefined {
  const failures = delivery.failures + 1
  if (error instanceof DeliveryError && !mayStillBeTaken(error, failures)) return undefined
  if (now - delivery.since >= PATIENCE_MS) return undefined
  return { at: now + backoffMs(failures, WAITS), delivery: { ...delivery, failures } }
}

function mayStillBeTaken(error: DeliveryError, failures: number): boolean {
  if (error.isTransient) return true
  return error.fault !== 'Invalid' && failures < FAILURES_MAX
}
