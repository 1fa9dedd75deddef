/** How one environment's use of memory, processor and processes is held within bounds. */
export interface Limits {
  /** Folders of the cgroups that its first process is to join. */
  readonly cgroups: readonly string[]
  /** Its first process, as the host sees it. */
  started(pid: number): void
  /** It competes for the processors as any other from now on: one that starts gives way to those that serve. */
  endInit(): void
  /**
   * From now on it gets processor time in proportion to its memory. Not before the end of init: at the share of a
   * 128 MB function a runtime takes 0.4 s to boot, and AWS gives init more as well.
   */
  limitProcessor(): void
  /** Made `inBackground`, it competes for the processors as any other from now on. */
  endBackground(): void
  /** Bytes in use now, of all its processes; of the kind that cannot be given back. */
  used(): number
  /** Bytes resident now, of all its processes, with what they share: what REPORT calls memory used. */
  resident(): number
  /** The most that was in use at any time, page cache included, as the kernel counted; 0 where it does not. */
  kernelPeak(): number
  /** The kernel ended a process of it for want of memory. */
  ranOutOfMemory(): boolean
  /** Gives back what the host keeps for it. Its processes have ended. */
  remove(): Promise<void>
}

export interface LimitsOptions {
  readonly memoryMb: number
  /** Size of /tmp, which is held in memory, too. */
  readonly temporaryMb: number
  /** It gets what of the processors the others leave, where groups are told apart. */
  readonly inBackground?: boolean
}

/** A way to limit environments, as far as the machine lets the daemon. */
export interface Limiter {
  readonly name: 'cgroup-v1' | 'cgroup-v2' | 'polling'
  create(id: string, options: LimitsOptions): Limits
  /** What this process forks competes for the processors as one environment that starts, until it has limits of its own. */
  adoptStarter(pid: number): void
  /** Bytes that all environments hold now, /tmp included; of the kind that cannot be given back. */
  inUse(): number
  /** In words for the start-up line and `lambdad status`: what is limited and what is not. */
  describe(): { readonly limited: readonly string[]; readonly unlimited: readonly string[] }
  /** The daemon's own cgroups, in which those of its environments are. */
  readonly folders: readonly string[]
  /** Gives back what is the daemon's own. */
  close(): Promise<void>
}

/** Lambda's limit on processes and threads together. */
export const PROCESSES_MAX = 1024

/** At 1,769 MB a function has one vCPU (Lambda Developer Guide, "Configure memory"). */
const MEMORY_MB_PER_CPU = 1769

/** At periods of 100 ms, the kernel's own, the quota holds exactly, at 10 ms no longer. */
export const CPU_PERIOD_US = 100_000

/** The group of what makes sandboxes. */
export const STARTER = 'starter'

/** How much of the processors a group gets where several want them: the kernel's `full` serves invocations. */
export const SHARES = { full: 1024, starting: 256, background: 16 }
/** The same by version 2's scale. */
export const WEIGHTS = { full: 100, starting: 25, background: 2 }

export function cpuQuotaUs(memoryMb: number): number {
  return Math.max(1000, Math.round((CPU_PERIOD_US * memoryMb) / MEMORY_MB_PER_CPU))
}

/**
 * The bound that the kernel enforces at once. The files in /tmp count against it although they are no memory
 * to AWS, so they have room besides; what the processes themselves use is watched (memory-watch.ts).
 */
export function hardLimitBytes({ memoryMb, temporaryMb }: LimitsOptions): number {
  return (memoryMb + temporaryMb) * 2 ** 20
}
