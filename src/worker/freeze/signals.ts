import { descendants } from '../limits/process-tree.ts'
import type { Freezable, Freezer } from './freezer.ts'

/** What is forked while the others are being stopped is found by looking again. */
const ROUNDS_MAX = 5

/**
 * Where there is no cgroup to write to. A process that left the tree of its ancestors (without a sandbox it can)
 * is not stopped.
 */
export const signalFreezer: Freezer = {
  name: 'signals',
  folders: [],
  create: () => new FreezableTree(),
  close: async () => {},
}

class FreezableTree implements Freezable {
  readonly cgroups = []
  readonly #stopped = new Set<number>()
  #pid: number | undefined

  started(pid: number): void {
    this.#pid = pid
  }

  freeze(): void {
    for (let round = 0; round < ROUNDS_MAX && this.#pid !== undefined; round++) {
      const running = descendants(this.#pid).filter((pid) => !this.#stopped.has(pid))
      if (running.length === 0) return
      for (const pid of running) if (signal(pid, 'SIGSTOP')) this.#stopped.add(pid)
    }
  }

  /** They are stopped, so none has ended and left its id to another: the first goes on last, and reaps nothing before. */
  thaw(): void {
    for (const pid of [...this.#stopped].reverse()) signal(pid, 'SIGCONT')
    this.#stopped.clear()
  }

  async remove(): Promise<void> {}
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    // It ended meanwhile.
    return false
  }
}
