/**
 * How the processes of an environment are stopped between its invocations. AWS freezes an environment as soon as
 * its runtime asks for the next event, so that what a handler left running uses no processor that nobody pays for.
 */
export interface Freezer {
  readonly name: 'cgroup-v2' | 'cgroup-v1' | 'signals'
  /** The daemon's own cgroups, in which those of its environments are. */
  readonly folders: readonly string[]
  /** `cgroups`: what the environment's processes join for their limits. */
  create(id: string, cgroups: readonly string[]): Freezable
  /** Gives back what is the daemon's own. */
  close(): Promise<void>
}

/** The processes of one sandbox. */
export interface Freezable {
  /** Folders of the cgroups that its first process is to join, besides those of its limits. */
  readonly cgroups: readonly string[]
  /** Its first process, as the host sees it. */
  started(pid: number): void
  freeze(): void
  /** Costs microseconds: an invocation waits for it. */
  thaw(): void
  /** Gives back what the host keeps for it. Its processes have ended. */
  remove(): Promise<void>
}
