import { type ThrottleReason, tooManyRequests } from './errors.ts'

/** What a function may use, as it stands when the call arrives. */
export interface ConcurrencyLimits {
  /** The function's reserved concurrency: floor and ceiling. Undefined: it shares the account's pool. */
  readonly reserved: number | undefined
  /** The account's limit less all that is reserved: what functions without a reservation share. */
  readonly unreserved: number
  /** Asynchronous invocations: concurrency limits them, and no rate of requests. */
  readonly anyRate?: true
}

/** Whose concurrency it is that an invocation finds used up. */
export function concurrencyReason({ reserved }: ConcurrencyLimits): ThrottleReason {
  return reserved === undefined
    ? 'ConcurrentInvocationLimitExceeded'
    : 'ReservedFunctionConcurrentInvocationLimitExceeded'
}

/**
 * Counts the invocations that run, per function and per account's pool (AWS Lambda Developer Guide,
 * "Understanding Lambda function scaling"). This node's share only: nodes take theirs from leases later.
 */
export class Concurrency {
  readonly #running = new Map<string, number>()

  /**
   * Takes a slot, or throws `TooManyRequestsException` with AWS's reason. Give it back with `release` and
   * the same key.
   */
  admit(functionArn: string, poolKey: string, limits: ConcurrencyLimits): string {
    const reason = concurrencyReason(limits)
    if (limits.reserved !== undefined) return this.#take(functionArn, limits.reserved, reason)
    return this.#take(poolKey, limits.unreserved, reason)
  }

  release(key: string): void {
    const running = (this.#running.get(key) ?? 0) - 1
    if (running > 0) this.#running.set(key, running)
    else this.#running.delete(key)
  }

  running(key: string): number {
    return this.#running.get(key) ?? 0
  }

  #take(key: string, limit: number, reason: ThrottleReason): string {
    const running = this.#running.get(key) ?? 0
    if (running >= limit) throw tooManyRequests(reason)
    this.#running.set(key, running + 1)
    return key
  }
}
