/** What the daemon tells the launcher. One message each way may be added without changing the others. */
export type ToLauncher =
  | LaunchCommand
  | JoinCommand
  | KillCommand
  | TerminateCommand
  | TellCommand
  | MakeFifosCommand

export interface LaunchCommand {
  readonly type: 'launch'
  /** The environment's, and unique among those that run. */
  readonly id: string
  readonly argv: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  readonly cwd: string
  /** The launcher's own where it is absent. */
  readonly umask?: number
  /** stdout and stderr go here, in the order in which they are written. The daemon has it open for reading. */
  readonly outputFifo: string
  /** Descriptor 3 of the process: the framed log channel. The daemon has it open for reading. */
  readonly framesFifo: string
  /** Started by bwrap, which reports its child on descriptor 4, and all of which ends with its first process. */
  readonly sandboxed: boolean
  /** Passed on descriptor 5. */
  readonly seccompFilter?: string
  /** A folder that is passed on descriptor 7. */
  readonly temporaryFrom?: string
  /** The process runs no instruction before it is in its cgroups: bwrap waits on descriptor 6. */
  readonly waitsForLimits: boolean
  /** Folders of the cgroups that the process is to join. */
  readonly cgroups: readonly string[]
  /** The file that gets `<pid> <start time>`. */
  readonly record: string
  /** Its first process starts others (extensions/supervisor.ts): descriptors 8 and 9, and a standard input. */
  readonly supervisor?: { readonly reportsFifo: string; readonly outputFifo: string }
}

/** Moves a process that somebody else started, and its descendants, into cgroups. */
export interface JoinCommand {
  readonly type: 'join'
  readonly pid: number
  readonly cgroups: readonly string[]
}

export interface KillCommand {
  readonly type: 'kill'
  readonly id: string
}

/** SIGTERM, to the first process of those that bwrap runs, or to the process itself. */
export interface TerminateCommand {
  readonly type: 'terminate'
  readonly id: string
}

/** A line on a supervisor's standard input. */
export interface TellCommand {
  readonly type: 'tell'
  readonly id: string
  readonly line: string
}

export interface MakeFifosCommand {
  readonly type: 'make-fifos'
  readonly paths: readonly string[]
}

/** What the launcher tells the daemon. */
export type FromLauncher =
  | { readonly type: 'ready' }
  /** `pid`: of the first process inside, as the host sees it. */
  | { readonly type: 'launched'; readonly id: string; readonly pid: number }
  | ({ readonly type: 'exited'; readonly id: string } & Exit)
  | { readonly type: 'fifos-made'; readonly paths: readonly string[]; readonly error?: string }

/** How a process ended. `error`: it could not be started. */
export interface Exit {
  readonly code?: number | null
  readonly signal?: NodeJS.Signals | null
  readonly error?: string
}
