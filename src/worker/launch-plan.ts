import type { FunctionVersion } from '../wire/function-version.ts'
import type { Mount } from './sandbox/sandbox.ts'

/**
 * How a function's runtime is started, in paths as they are inside a sandbox. For a custom runtime `argv` is not
 * used: its program is looked for in the function's code.
 */
export interface LaunchPlan {
  readonly argv: readonly string[]
  /** The runtime's own variables; the function's may replace them. */
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  /** Its bootstrap can be booted without a function and wait for one (pool/). */
  readonly canWait?: boolean
  /** Its bootstrap can fork when init is over, for SnapStart (snapshot/). */
  readonly canFork?: boolean
  /** How its modules are compiled ahead (compiled/). Absent: they are not. */
  readonly compiler?: Compiler
  /** `python:3.12.v20`, for INIT_START. */
  readonly runtimeVersion?: string
}

/** A program of lambdad's that compiles modules and runs none, in paths as they are inside a sandbox. */
export interface Compiler {
  /** The interpreter's file on the host, to which alone what it makes is of use. */
  readonly binary: string
  /** The folders to look into follow. */
  readonly argv: readonly string[]
  /** How names of sources end. */
  readonly sources: readonly string[]
  /** What sources say that load much, however small they are. */
  readonly loadsMuch?: RegExp
  /** The folder of /opt that modules are in. */
  readonly layers: string
}

/** Finds what a function's runtime needs on the machine (runtimes/finder.ts). */
export interface RuntimeFinder {
  /** `version`: the only one that will do; otherwise the newest does. */
  find(runtime: string, version?: string): Promise<FoundRuntime | MissingRuntime>
}

export interface FoundRuntime {
  readonly kind: 'found'
  readonly plan: (fn: FunctionVersion) => LaunchPlan
}

/** The machine does not have what the runtime needs. */
export interface MissingRuntime {
  readonly kind: 'missing'
  /** Which binary is missing, and how to get it. */
  readonly message: string
}

/** Functions that bring their runtime's program. */
export function isOwnProgram({ runtime, image }: FunctionVersion): boolean {
  return image !== undefined || isCustom(runtime)
}

/** Runtimes that are the function's own program. */
export function isCustom(runtime: string): boolean {
  return runtime.startsWith('provided')
}
