/** What an account may have in a region (Lambda Developer Guide, "Lambda quotas"; GetAccountSettings shows them). */
export interface AccountLimits {
  /** Bytes of all zips. */
  readonly totalCodeBytes: number
  readonly unzippedBytes: number
  readonly zippedBytes: number
  readonly concurrentExecutions: number
  /** What reservations must leave to the functions that reserve nothing. */
  readonly unreservedMin: number
}

export const DEFAULT_LIMITS: AccountLimits = {
  totalCodeBytes: 80_530_636_800,
  unzippedBytes: 262_144_000,
  zippedBytes: 52_428_800,
  concurrentExecutions: 1000,
  unreservedMin: 100,
}

/** With another concurrency. An account that has less than 100 cannot reserve any: AWS then names what it has. */
export function limitsWith(concurrentExecutions: number): AccountLimits {
  const unreservedMin = Math.min(DEFAULT_LIMITS.unreservedMin, concurrentExecutions)
  return { ...DEFAULT_LIMITS, concurrentExecutions, unreservedMin }
}
