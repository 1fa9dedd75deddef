import type { StoredAlias } from '../function.ts'

/** The provisioned concurrency that a version or an alias is to have. */
export interface ProvisionedConfig {
  readonly qualifier: string
  /** Changes with each request. */
  readonly id: string
  readonly requested: number
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly progress: Progress
}

/** How far it has come. */
export interface Progress {
  readonly allocated: number
  readonly available: number
  readonly status: 'IN_PROGRESS' | 'READY' | 'FAILED'
  readonly reason?: string
}

export const NOT_BEGUN: Progress = { allocated: 0, available: 0, status: 'IN_PROGRESS' }

/** What AWS says where the function's init fails (recorded by LocalStack's tests against AWS). */
const INIT_FAILED = 'FUNCTION_ERROR_INIT_FAILURE'

/** What a version gets of a config: all of it, or its share of a weighted alias. */
export interface Share {
  readonly version: string
  readonly wanted: number
}

/**
 * An alias with weights shares what it has between its two versions. The second one gets at least one
 * environment as soon as it gets any invocations.
 */
export function sharesOf({ qualifier, requested }: ProvisionedConfig, alias?: StoredAlias): Share[] {
  if (alias === undefined) return [{ version: qualifier, wanted: requested }]
  const { version, routing } = alias
  if (routing === undefined) return [{ version, wanted: requested }]
  const second = Math.ceil(requested * routing.weight)
  return [
    { version, wanted: requested - second },
    { version: routing.version, wanted: second },
  ].filter(({ wanted }) => wanted > 0)
}

/** What there is of one share, as placement counts it. */
export interface Provided {
  readonly wanted: number
  readonly allocated: number
  readonly available: number
  readonly failed: boolean
}

export function progressOf({ requested }: ProvisionedConfig, provided: readonly Provided[]): Progress {
  const sum = (what: 'allocated' | 'available') =>
    provided.reduce((total, share) => total + Math.min(share.wanted, share[what]), 0)
  const counts = { allocated: sum('allocated'), available: sum('available') }
  if (provided.some(({ failed }) => failed)) return { ...counts, status: 'FAILED', reason: INIT_FAILED }
  return { ...counts, status: counts.available >= requested ? 'READY' : 'IN_PROGRESS' }
}
