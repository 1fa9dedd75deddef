import type { Limiter, Limits } from './limits.ts'
import { descendants, residentBytes } from './process-tree.ts'

/** Where there is no cgroup to write to: memory is looked at now and then, the rest is not limited. */
export const pollingLimiter: Limiter = {
  name: 'polling',
  folders: [],
  create: () => new PollingLimits(),
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

class PollingLimits implements Limits {
  readonly cgroups = []
  #pid: number | undefined

  started(pid: number): void {
    this.#pid = pid
  }

  endInit(): void {}

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

  async remove(): Promise<void> {}
}
