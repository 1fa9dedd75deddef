import { mkdirSync, writeFileSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import {
  canMakeGroups,
  type Hierarchy,
  numberIn,
  ownFolder,
  readSelf,
  removeGroups,
  wholeNumberIn,
  writeWhereThere,
} from './cgroup.ts'
import {
  BACKGROUND_SHARES,
  CPU_PERIOD_US,
  cpuQuotaUs,
  hardLimitBytes,
  type Limiter,
  type Limits,
  type LimitsOptions,
  PROCESSES_MAX,
} from './limits.ts'
import { pidsIn, residentBytes } from './process-tree.ts'

interface Parents {
  readonly memory: string
  readonly cpu: string | undefined
  readonly pids: string | undefined
}

/** The limiter by cgroup v1, or undefined where this process may make no groups. `name` is the daemon's own. */
export function cgroupV1Limiter(name: string, clock: Clock): Limiter | undefined {
  const { groups, mounted } = readSelf()
  const parentOf = (controller: string, files: string[]) =>
    mounted
      .filter((hierarchy) => hierarchy.controllers.includes(controller))
      .map((hierarchy: Hierarchy) => ownFolder(hierarchy, groups.get(controller) ?? '/'))
      .find((folder) => folder !== undefined && canMakeGroups(folder, `${name}-probe`, files))

  const memory = parentOf('memory', ['memory.limit_in_bytes', 'memory.oom_control'])
  if (memory === undefined) return undefined
  const cpu = parentOf('cpu', ['cpu.cfs_quota_us'])
  const pids = parentOf('pids', ['pids.max'])
  return new CgroupV1Limiter(name, { memory, cpu, pids }, clock)
}

class CgroupV1Limiter implements Limiter {
  readonly name = 'cgroup-v1'
  readonly folders: readonly string[]
  readonly #own: Parents
  readonly #clock: Clock

  constructor(name: string, parents: Parents, clock: Clock) {
    const below = (parent: string | undefined) => (parent === undefined ? undefined : `${parent}/${name}`)
    this.#own = { memory: `${parents.memory}/${name}`, cpu: below(parents.cpu), pids: below(parents.pids) }
    this.#clock = clock
    this.folders = foldersOf(this.#own)
    for (const folder of this.folders) mkdirSync(folder, { recursive: true })
  }

  create(id: string, options: LimitsOptions): Limits {
    const below = (parent: string | undefined) => (parent === undefined ? undefined : `${parent}/${id}`)
    const folders: Parents = {
      memory: `${this.#own.memory}/${id}`,
      cpu: below(this.#own.cpu),
      pids: below(this.#own.pids),
    }
    return new CgroupV1Limits(folders, options, this.#clock)
  }

  describe() {
    const { cpu, pids } = this.#own
    return {
      limited: [
        'memory',
        ...(cpu === undefined ? [] : ['processor time']),
        ...(pids === undefined ? [] : ['number of processes']),
      ],
      unlimited: [
        ...(cpu === undefined ? ['processor time'] : []),
        ...(pids === undefined ? ['number of processes'] : []),
      ],
    }
  }

  inUse(): number {
    const stat = `${this.#own.memory}/memory.stat`
    return numberIn(stat, 'total_rss') + numberIn(stat, 'total_shmem')
  }

  async close(): Promise<void> {
    await removeGroups(this.folders, this.#clock)
  }
}

class CgroupV1Limits implements Limits {
  readonly cgroups: readonly string[]
  readonly #folders: Parents
  readonly #memoryMb: number
  readonly #clock: Clock

  constructor(folders: Parents, options: LimitsOptions, clock: Clock) {
    this.#folders = folders
    this.#memoryMb = options.memoryMb
    this.#clock = clock
    this.cgroups = foldersOf(folders)
    for (const folder of this.cgroups) mkdirSync(folder)
    const bytes = String(hardLimitBytes(options))
    writeFileSync(`${folders.memory}/memory.limit_in_bytes`, bytes)
    writeWhereThere(`${folders.memory}/memory.memsw.limit_in_bytes`, bytes)
    if (options.inBackground && folders.cpu !== undefined) {
      writeWhereThere(`${folders.cpu}/cpu.shares`, String(BACKGROUND_SHARES))
    }
    if (folders.pids !== undefined) writeFileSync(`${folders.pids}/pids.max`, String(PROCESSES_MAX))
  }

  started(): void {}

  endInit(): void {
    const { cpu } = this.#folders
    if (cpu === undefined) return
    writeWhereThere(`${cpu}/cpu.cfs_period_us`, String(CPU_PERIOD_US))
    writeWhereThere(`${cpu}/cpu.cfs_quota_us`, String(cpuQuotaUs(this.#memoryMb)))
  }

  endBackground(): void {
    const { cpu } = this.#folders
    if (cpu !== undefined) writeWhereThere(`${cpu}/cpu.shares`, '1024')
  }

  used(): number {
    return numberIn(`${this.#folders.memory}/memory.stat`, 'total_rss')
  }

  resident(): number {
    return residentBytes(pidsIn(`${this.#folders.memory}/cgroup.procs`))
  }

  kernelPeak(): number {
    return wholeNumberIn(`${this.#folders.memory}/memory.max_usage_in_bytes`)
  }

  ranOutOfMemory(): boolean {
    return numberIn(`${this.#folders.memory}/memory.oom_control`, 'oom_kill') > 0
  }

  async remove(): Promise<void> {
    await removeGroups(this.cgroups, this.#clock)
  }
}

function foldersOf({ memory, cpu, pids }: Parents): string[] {
  return [memory, cpu, pids].filter((folder) => folder !== undefined)
}
