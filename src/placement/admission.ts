import type { Clock } from '../base/clock.ts'
import type { FunctionVersion } from '../wire/function-version.ts'
import { Concurrency, type ConcurrencyLimits } from './concurrency.ts'
import { tooManyRequests } from './errors.ts'
import type { Member, Pool } from './pool.ts'
import { RequestRates } from './rates.ts'

/** Whether an invocation may run at all: by concurrency, and by the rate of requests that goes with it. */
export class Admission {
  readonly #concurrency = new Concurrency()
  readonly #requests: RequestRates

  constructor(clock: Clock, requestsPerSecond: number) {
    this.#requests = new RequestRates(clock, requestsPerSecond)
  }

  /** One of those that are provisioned. Beyond their own rate of requests, invocations run on demand. */
  takeAhead({ fn, allotment }: Pool, { anyRate }: ConcurrencyLimits): Member | undefined {
    if (allotment.ready.length === 0) return undefined
    if (!anyRate && !this.#requests.take(fn.revision, allotment.wanted)) return undefined
    return allotment.ready.pop()
  }

  /** A slot of the function's reservation, of which `ahead` are provisioned, or of the account's pool. */
  admit(fn: FunctionVersion, { reserved, unreserved, anyRate }: ConcurrencyLimits, ahead: number): string {
    const account = `${fn.accountId}/${fn.region}`
    const left = reserved === undefined ? undefined : reserved - ahead
    const slot = this.#concurrency.admit(fn.arn, account, { reserved: left, unreserved })
    if (anyRate || this.#requests.take(slot, reserved ?? unreserved)) return slot
    this.#concurrency.release(slot)
    throw tooManyRequests(
      reserved === undefined
        ? 'FunctionInvocationRateLimitExceeded'
        : 'ReservedFunctionInvocationRateLimitExceeded',
    )
  }

  release(slot: string | undefined): void {
    if (slot !== undefined) this.#concurrency.release(slot)
  }
}
