import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  /** How often `run` is called at most, the first time included. */
  readonly attempts: number
  /** Longest wait before the second attempt; it doubles with each further one, up to `maxMs`. */
  readonly baseMs: number
  readonly maxMs: number
  /** Whether another attempt may do better. What it says no to is thrown at once. */
  readonly isTransient: (error: unknown) => boolean
  /** Ends the waiting; the signal's reason is thrown. */
  readonly signal?: AbortSignal
}

/**
 * Calls `run` until it succeeds, throws what is not transient, or has used up its attempts; then throws the
 * last error. The waits are drawn from all of their range, so that those who collided do not meet again.
 */
export async function retry<Result>(
  run: (attempt: number) => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt)
    } catch (error) {
      if (attempt >= options.attempts || !options.isTransient(error)) throw error
    }
    await options.clock.sleep(backoffMs(attempt, options), options.signal)
  }
}

/** The wait after the `attempt`-th failure, which counts from 1. */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs, random }: { baseMs: number; maxMs: number; random: Pick<Random, 'fraction'> },
): number {
  return random.fraction() * Math.min(maxMs, baseMs * 2 ** (attempt - 1))
}
