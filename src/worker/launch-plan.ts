import type { FunctionVersion } from '../wire/function-version.ts'
import type { Mount } from './sandbox/sandbox.ts'

/** How a function's runtime is started, in paths as they are inside a sandbox. */
export interface LaunchPlan {
  readonly argv: readonly string[]
  /** The runtime's own variables; the function's may replace them. */
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  /** `python:3.12.v20`, for INIT_START. */
  readonly runtimeVersion?: string
}

/** Finds a managed runtime on the machine, and says how to start a function on it. */
export interface RuntimeFinder {
  find(runtime: string): Promise<FoundRuntime | MissingRuntime>
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

export type PlanLaunch = (fn: FunctionVersion) => Promise<LaunchPlan | MissingRuntime>

export const planLaunch = async (
  finder: RuntimeFinder,
  fn: FunctionVersion,
): Promise<LaunchPlan | MissingRuntime> => {
  const found = await finder.find(fn.runtime)
  return found.kind === 'found' ? found.plan(fn) : found
}

/** Runtimes that are the function's own program. */
export function isCustom(runtime: string): boolean {
  return runtime.startsWith('provided')
}
