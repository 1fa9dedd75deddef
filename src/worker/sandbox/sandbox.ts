import type { LaunchCommand } from '../launcher/protocol.ts'
import type { WallsBase, WallsPlan } from '../walls/walls.ts'

/** What runs in a sandbox: one execution environment, with its surroundings. */
export interface SandboxSpec {
  readonly id: string
  /** The program and its arguments, in paths as they are inside. */
  readonly argv: readonly string[]
  /** In paths as they are inside. */
  readonly variables: Readonly<Record<string, string>>
  /** The function's unpacked code: /var/task inside. */
  readonly codeFolder: string
  /**
   * For one that is started before it has a function: a folder with `task` and what else is mounted in /var. It
   * is /var inside, and what is mounted on its `task` later is there as well. `codeFolder` is not used then.
   */
  readonly varFolder?: string
  /** `codeFolder` is the whole root file system then, and this the folder in it to start in. */
  readonly image?: { readonly directory: string }
  /** The runtime's files and its bootstrap. */
  readonly mounts: readonly Mount[]
  /** The Runtime API's socket. */
  readonly runtimeSocket: string
  /** A snapshot is made of it: it may fork out of its namespaces. */
  readonly forks?: boolean
  /** A folder that is the environment's alone and goes with it. */
  readonly folder: string
  /** Size of /tmp. */
  readonly temporaryMb: number
  /** Where what is in /tmp stays, and what a sandbox before this one left in it. */
  readonly temporary?: { readonly folder: string; readonly from: string | undefined }
  /** The file of its network namespace, where it has one. */
  readonly network?: string | undefined
  /** It has no network at all, where networks can be kept apart. */
  readonly offline?: boolean
  /** The user that the environment runs as, where it has one of its own. */
  readonly uid: number | undefined
}

/** A folder or file of the host, read-only inside unless it says otherwise. */
export interface Mount {
  readonly source: string
  /** Where it is inside. */
  readonly target: string
  readonly isWritable?: boolean
  /** What of the folder is there, by path; all of it where nothing is said, or where nothing is isolated. */
  readonly only?: readonly string[]
}

/** The same mounts, each of one file or folder. */
export function single(mounts: readonly Mount[]): Mount[] {
  return mounts.flatMap((mount) =>
    mount.only === undefined
      ? [mount]
      : mount.only.map((name) => ({ source: `${mount.source}/${name}`, target: `${mount.target}/${name}` })),
  )
}

/** What is isolated and what is not, in words for the start-up line and `lambdad status`. */
export interface Isolation {
  readonly sandbox: SandboxName
  /** False where functions could do all that the daemon's user can. */
  readonly isolates: boolean
  /** What an environment cannot reach. */
  readonly isolated: readonly string[]
  /** What it can. */
  readonly shared: readonly string[]
  /** Why not a better one, and the one command that changes it. */
  readonly advice?: string
}

export type SandboxName = 'bubblewrap' | 'process'

/** Which part of a launch is the sandbox's own affair. */
export interface SandboxedCommand
  extends Pick<
    LaunchCommand,
    'argv' | 'variables' | 'cwd' | 'umask' | 'sandboxed' | 'seccompFilter' | 'temporaryFrom'
  > {
  /** The same sandbox, as the walls helper makes it; absent where it cannot. */
  readonly walls?: WallsPlan
}

/** One way to wall an environment in. Decides how it is started; the launcher does it. */
export interface Sandbox {
  readonly name: SandboxName
  /** Whether each environment gets a user of its own, which tells them apart on a network port. */
  readonly ownUsers: boolean
  /** What it needs on disk before the first start. */
  prepare(): Promise<void>
  command(spec: SandboxSpec, options: { readonly waitsForLimits: boolean }): SandboxedCommand
  /** Before the first command whose root is an image's. Absent where that cannot be. */
  prepareImages?(): Promise<void>
  isolation(): Isolation
  /** What the walls helper needs once. Absent where it can make none of these sandboxes. */
  readonly walls?: WallsBase | undefined
}

/** Inside every sandbox that has a file system of its own. */
export const INSIDE = {
  code: '/var/task',
  runtimeSocket: '/run/lambdad/runtime.sock',
  /** What was compiled ahead (compiled/). */
  compiled: '/var/lang/compiled',
} as const

/** Read-only, as all that an environment shares with others. */
export function compiledMounts(folder: string | undefined): Mount[] {
  return folder === undefined ? [] : [{ source: folder, target: INSIDE.compiled }]
}

/** One group for all environments: what it may write is what several have mounted (file-systems.ts). */
export const GROUP = 2_000_000_000

/** Descriptor of the folder that /tmp is filled from, where there is one. */
export const TEMPORARY_FD = 7

/** Descriptor of the framed log channel in the runtime's process. */
export const FRAMES_FD = 3
