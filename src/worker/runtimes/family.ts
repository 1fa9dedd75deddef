import type { LaunchPlan } from '../launch-plan.ts'
import type { LaunchedFunction } from './found.ts'
import type { Installed, Places, Version } from './installed.ts'
import type { Run } from './run.ts'

/** What is told of a binary that was chosen for a runtime. */
export interface Chosen {
  readonly runtime: string
  readonly binary: string
  readonly prefix: string
  readonly version: string
}

/** A language whose runtimes need an interpreter on the machine. */
export interface Family {
  /** What the interpreter calls itself in sentences: `Node.js 22`. */
  readonly title: (line: Version) => string
  /** `[3, 12]` for python3.12, `[22]` for nodejs22.x: the part of a version that a runtime promises. */
  readonly line: (runtime: string) => Version
  /** Older ones do not run the bootstrap. */
  readonly oldest: Version
  readonly installed: (places: Places) => Installed[]
  /** How to get one, in the imperative. */
  readonly advice: (line: Version) => string
  /** Once per binary, before its first start: what makes starts faster. Its failure is no failure. */
  readonly prepare?: (chosen: Chosen, bootstraps: string, run: Run) => Promise<void>
  readonly plan: (chosen: Chosen, bootstraps: string, fn: LaunchedFunction) => LaunchPlan
}

/** Where the bootstrap is inside a sandbox; outside one, the sandbox puts the mount's source in its place. */
export const RUNTIME_FOLDER = '/var/runtime'

/** On the path before the system's folders, so that what a function spawns by name is its own interpreter. */
export function pathVariable(prefix: string): string {
  return [`${prefix}/bin`, '/usr/local/bin', '/usr/bin', '/bin', '/opt/bin'].join(':')
}

/** Lambda's, without the folders of Lambda's own images. */
export const LIBRARY_PATH = '/var/task:/var/task/lib:/opt/lib'
