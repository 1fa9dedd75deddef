import type { FunctionVersion } from '../../wire/function-version.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import type { RuntimeSource } from './installed.ts'

/** What of a function decides how its runtime is started. */
export type LaunchedFunction = Pick<FunctionVersion, 'memoryMb' | 'variables'> &
  Partial<Pick<FunctionVersion, 'handler' | 'managed'>>

export interface FoundRuntime {
  readonly kind: 'found'
  readonly runtime: string
  /** Absolute, without symbolic links; empty for `provided`, whose program the function brings. */
  readonly binary: string
  /** `3.12.1`. */
  readonly version: string
  /** False where it is another minor version than the runtime promises. */
  readonly exact: boolean
  /** The folder of the installation; empty for `provided`. */
  readonly prefix: string
  readonly source: RuntimeSource | 'function'
  /** `python:3.12.v1`, for INIT_START. */
  readonly runtimeVersion: string
  /** How to start a function on it, in paths as they are inside a sandbox. */
  readonly plan: (fn: LaunchedFunction) => LaunchPlan
}

export interface MissingRuntime {
  readonly kind: 'missing'
  readonly runtime: string
  /** Which binary is missing, and how to get it. */
  readonly message: string
}
