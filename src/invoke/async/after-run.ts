import type { Random } from '../../base/random.ts'
import { backoffMs } from '../../base/retry.ts'
import type { AsyncEvent, LastResponse, Refusal } from './event.ts'
import type { EventSettings } from './settings.ts'

/** Why an event is over (Developer Guide, "Retaining records of asynchronous invocations"). */
export type Condition =
  | 'Success'
  | 'RetriesExhausted'
  | 'EventAgeExceeded'
  | 'ZeroReservedConcurrency'
  /** How AWS calls it has not been recorded. */
  | 'RecursiveInvocation'

export type Next =
  | { readonly kind: 'over'; readonly condition: Condition; readonly event: AsyncEvent }
  | { readonly kind: 'again'; readonly at: number; readonly event: AsyncEvent }

/** Before the second and the third run (Developer Guide, "How Lambda handles errors and retries with asynchronous invocation"). */
const RETRY_AFTER_MS = [60_000, 120_000]
/** Where there was no capacity: "from 1 second after the first attempt to a maximum of 5 minutes". */
const STALLS = { baseMs: 1000, maxMs: 300_000 }

export function expiresAt(event: AsyncEvent, settings: EventSettings): number {
  return event.receivedAt + settings.ageMaxSeconds * 1000
}

/** After the function has run. */
export function afterRun(
  event: AsyncEvent,
  response: LastResponse,
  settings: EventSettings,
  now: number,
): Next {
  const { refusal: _, ...before } = event
  const ran: AsyncEvent = { ...before, runs: event.runs + 1, stalls: 0, response }
  if (!response.isError) return { kind: 'over', condition: 'Success', event: ran }
  if (ran.runs > settings.retriesMax) return { kind: 'over', condition: 'RetriesExhausted', event: ran }
  const wait = RETRY_AFTER_MS[ran.runs - 1] ?? RETRY_AFTER_MS.at(-1) ?? 0
  return { kind: 'again', at: Math.min(now + wait, expiresAt(event, settings)), event: ran }
}

/** After there was no capacity for it, or no environment: that counts as no attempt, but the event grows older. */
export function afterRefusal(
  event: AsyncEvent,
  refusal: Refusal,
  settings: EventSettings,
  { now, random }: { readonly now: number; readonly random: Random },
): Next {
  const stalled: AsyncEvent = { ...event, stalls: event.stalls + 1, refusal }
  if (now >= expiresAt(event, settings))
    return { kind: 'over', condition: 'EventAgeExceeded', event: stalled }
  const full = backoffMs(stalled.stalls, { ...STALLS, random: { fraction: () => 1 } })
  // Half of it is drawn, so that those who were refused together do not come back together.
  const wait = full * (0.5 + random.fraction() / 2)
  const at = Math.min(now + Math.max(wait, STALLS.baseMs), expiresAt(event, settings))
  return { kind: 'again', at: Math.trunc(at), event: stalled }
}
