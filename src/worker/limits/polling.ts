import type { Limiter, Limits } from './limits.ts'
import { descendants, residentBytes } from './process-tree.ts'

/** Where there is no cgroup to write to: memory is looked at now and then, the rest is not limited. */
export function pollingLimiter(): Limiter {
  const all = new Set<PollingLimits>()
  return {
    name: 'polling',
    folders: [],
    adoptStarter: () => {},
    create: () => {
      const limits = new PollingLimits(() => all.delete(limits))
      all.add(limits)
      return limits
    },
    /** What environments share, such as their interpreter's code, counts for each. */
    inUse: () => [...all].reduce((sum, limits) => sum + limits.resident(), 0),
    describe: () => ({
      limited: process.platform === 'linux' ? ['memory, by looking at it five times a second'] : [],
      unlimited: [
        'processor time',
        'number of processes',
        ...(process.platform === 'linux' ? [] : [`memory, on ${process.platform}`]),
      ],
    }),
    close: async () => {},
  }
}

class PollingLimits implements Limits {
  readonly cgroups = []
  readonly #onRemoved: () => void
  #pid: number | undefined

  constructor(onRemoved: () => void) {
    this.#onRemoved = onRemoved
  }

  started(pid: number): void {
    this.#pid = pid
  }

  endInit(): void {}

  limitProcessor(): void {}

  endBackground(): void {}

  used(): number {
    return this.resident()
  }

  resident(): number {
    return this.#pid === undefined ? 0 : residentBytes(descendants(this.#pid))
  }

  kernelPeak(): number {
    return 0
  }

  ranOutOfMemory(): boolean {
    return false
  }

  async remove(): Promise<void> {
    this.#onRemoved()
  }
}
