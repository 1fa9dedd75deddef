import { mkdirSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { numberIn, removeGroups, wholeNumberIn } from './cgroup.ts'
import type { Limits } from './limits.ts'
import { pidsIn, residentBytes } from './process-tree.ts'

/** What a version of cgroups calls what it tells of a group's memory. */
export interface MemoryNames {
  /** In `memory.stat`: what programs asked for, and the files that are in memory. */
  readonly anonymous: string
  readonly shared: string
  /** The file of the most that was in use. */
  readonly peak: string
  /** The file in which `oom_kill` counts. */
  readonly events: string
}

/** Bytes that a group and those below it hold. */
export function inUseIn(folder: string, { anonymous, shared }: MemoryNames): number {
  const stat = `${folder}/memory.stat`
  return numberIn(stat, anonymous) + numberIn(stat, shared)
}

/** What the limits of both versions of cgroups do alike. Makes the groups; the first is the one of memory. */
export abstract class CgroupLimits implements Limits {
  readonly cgroups: readonly string[]
  readonly #memory: string
  readonly #names: MemoryNames
  readonly #clock: Clock

  constructor(folders: readonly [memory: string, ...others: string[]], names: MemoryNames, clock: Clock) {
    this.cgroups = folders
    this.#memory = folders[0]
    this.#names = names
    this.#clock = clock
    for (const folder of folders) mkdirSync(folder)
  }

  abstract endInit(): void
  abstract limitProcessor(): void
  abstract endBackground(): void

  started(): void {}

  used(): number {
    return numberIn(`${this.#memory}/memory.stat`, this.#names.anonymous)
  }

  resident(): number {
    return residentBytes(pidsIn(`${this.#memory}/cgroup.procs`))
  }

  kernelPeak(): number {
    return wholeNumberIn(`${this.#memory}/${this.#names.peak}`)
  }

  ranOutOfMemory(): boolean {
    return numberIn(`${this.#memory}/${this.#names.events}`, 'oom_kill') > 0
  }

  async remove(): Promise<void> {
    await removeGroups(this.cgroups, this.#clock)
  }
}
