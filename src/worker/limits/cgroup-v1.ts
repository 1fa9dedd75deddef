import { mkdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import {
  canMakeGroups,
  type Hierarchy,
  ownFolder,
  readSelf,
  removeGroups,
  writeWhereThere,
} from './cgroup.ts'
import { CgroupLimits, inUseIn, type MemoryNames } from './cgroup-limits.ts'
import {
  cpuQuotaUs,
  hardLimitBytes,
  type Limiter,
  type Limits,
  type LimitsOptions,
  PROCESSES_MAX,
  SHARES,
  STARTER,
} from './limits.ts'

const NAMES: MemoryNames = {
  anonymous: 'total_rss',
  shared: 'total_shmem',
  peak: 'memory.max_usage_in_bytes',
  events: 'memory.oom_control',
}

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

  adoptStarter(pid: number): void {
    const { cpu } = this.#own
    if (cpu === undefined) return
    mkdirSync(`${cpu}/${STARTER}`, { recursive: true })
    writeWhereThere(`${cpu}/${STARTER}/cpu.shares`, String(SHARES.starting))
    // Asynchronously: it takes up to 10 ms after a pause.
    writeFile(`${cpu}/${STARTER}/cgroup.procs`, String(pid)).catch(() => {})
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
    return inUseIn(this.#own.memory, NAMES)
  }

  async close(): Promise<void> {
    await removeGroups(this.folders, this.#clock)
  }
}

class CgroupV1Limits extends CgroupLimits {
  readonly #folders: Parents
  readonly #memoryMb: number
  #has: keyof typeof SHARES = 'full'

  constructor(folders: Parents, options: LimitsOptions, clock: Clock) {
    super(foldersOf(folders), NAMES, clock)
    this.#folders = folders
    this.#memoryMb = options.memoryMb
    const bytes = String(hardLimitBytes(options))
    writeFileSync(`${folders.memory}/memory.limit_in_bytes`, bytes)
    writeWhereThere(`${folders.memory}/memory.memsw.limit_in_bytes`, bytes)
    this.#share(options.inBackground === true ? 'background' : 'starting')
    if (folders.pids !== undefined) writeFileSync(`${folders.pids}/pids.max`, String(PROCESSES_MAX))
  }

  endInit(): void {
    this.#share('full')
  }

  limitProcessor(): void {
    const { cpu } = this.#folders
    if (cpu === undefined) return
    // The kernel's own period is that of the quota.
    writeWhereThere(`${cpu}/cpu.cfs_quota_us`, String(cpuQuotaUs(this.#memoryMb)))
  }

  endBackground(): void {
    this.#share('full')
  }

  #share(of: keyof typeof SHARES): void {
    const { cpu } = this.#folders
    if (cpu === undefined || of === this.#has) return
    this.#has = of
    writeWhereThere(`${cpu}/cpu.shares`, String(SHARES[of]))
  }
}

function foldersOf({ memory, cpu, pids }: Parents): [memory: string, ...others: string[]] {
  return [memory, ...[cpu, pids].filter((folder) => folder !== undefined)]
}
