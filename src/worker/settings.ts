export interface WorkerSettings {
  /** How long a runtime may take to ask for its first event, when it is started ahead of an invocation. */
  readonly initTimeoutMs: number
  /** Unpacked code that no environment uses is removed above this, the longest unused first. */
  readonly codeCacheBytes: number
  /** The same of unpacked images. */
  readonly imageCacheBytes: number
  /** Processor time in proportion to memory, as on AWS. Without it each environment may use whole processors. */
  readonly limitsProcessor: boolean
  /** Versions' modules are compiled ahead, after their first cold start (compiled/). */
  readonly compilesAhead: boolean
  /** How long after it, at least, and how often it is looked whether the machine has time for it. */
  readonly compileAfterMs: number
  /** How long an environment without an invocation runs on before it is frozen. */
  readonly freezeAfterMs: number
  /** Runtimes that are kept booted for functions to come, of all kinds together. 0: none. */
  readonly poolMembersMax: number
  /** Megabytes that they may take, of all kinds together. */
  readonly poolMemoryMb: number
  /** Those of a kind that nobody has wanted for this long are let go. */
  readonly poolIdleMs: number
}

export const WORKER_DEFAULTS: WorkerSettings = {
  // AWS's limit, for on-demand environments.
  initTimeoutMs: 10_000,
  codeCacheBytes: 4 * 1024 ** 3,
  // Two of the largest.
  imageCacheBytes: 20 * 1024 ** 3,
  limitsProcessor: true,
  compilesAhead: true,
  compileAfterMs: 1000,
  // Longer than the pauses of a client that calls again at once, and too short to get work done in.
  freezeAfterMs: 20,
  poolMembersMax: 8,
  poolMemoryMb: 256,
  poolIdleMs: 300_000,
}
