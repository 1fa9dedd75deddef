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
