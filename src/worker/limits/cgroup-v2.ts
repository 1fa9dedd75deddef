import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { canMakeGroups, ownFolder, readSelf, removeGroups, writeWhereThere } from './cgroup.ts'
import { CgroupLimits, inUseIn, type MemoryNames } from './cgroup-limits.ts'
import {
  CPU_PERIOD_US,
  cpuQuotaUs,
  hardLimitBytes,
  type Limiter,
  type Limits,
  type LimitsOptions,
  PROCESSES_MAX,
  STARTER,
  WEIGHTS,
} from './limits.ts'
import { pidsIn } from './process-tree.ts'

const CONTROLLERS = ['memory', 'cpu', 'pids']

const NAMES: MemoryNames = {
  anonymous: 'anon',
  shared: 'shmem',
  peak: 'memory.peak',
  events: 'memory.events',
}

/**
 * The limiter by cgroup v2, or undefined where this process may make no groups with a memory controller.
 *
 * A group with processes in it cannot hand controllers on, so the daemon's own will not do as the parent. As
 * root the top of the hierarchy does; otherwise (`systemd-run --user -p Delegate=yes`) the daemon is moved into
 * a group of its own below the delegated one.
 */
export function cgroupV2Limiter(name: string, clock: Clock): Limiter | undefined {
  const { groups, mounted } = readSelf()
  const hierarchy = mounted.find(({ controllers }) => controllers.includes('cgroup2'))
  if (hierarchy === undefined) return undefined
  const own = ownFolder(hierarchy, groups.get('') ?? '/')
  const parent = [hierarchy.mountPoint, own].find(
    (folder) =>
      folder !== undefined &&
      handsOnControllers(folder) &&
      canMakeGroups(folder, `${name}-probe`, ['memory.max']),
  )
  if (parent !== undefined) return new CgroupV2Limiter(`${parent}/${name}`, clock)
  return own !== undefined && makeRoomIn(own, name) ? new CgroupV2Limiter(`${own}/${name}`, clock) : undefined
}

function handsOnControllers(folder: string): boolean {
  for (const controller of CONTROLLERS) writeWhereThere(`${folder}/cgroup.subtree_control`, `+${controller}`)
  return read(`${folder}/cgroup.subtree_control`).split(/\s+/).includes('memory')
}

/** Only where nobody else is in the group: their processes are not ours to move. */
function makeRoomIn(own: string, name: string): boolean {
  if (!pidsIn(`${own}/cgroup.procs`).every((pid) => pid === process.pid)) return false
  try {
    mkdirSync(`${own}/${name}-daemon`)
    writeFileSync(`${own}/${name}-daemon/cgroup.procs`, String(process.pid))
  } catch {
    return false
  }
  return handsOnControllers(own)
}

class CgroupV2Limiter implements Limiter {
  readonly name = 'cgroup-v2'
  readonly folders: readonly string[]
  readonly #folder: string
  readonly #clock: Clock

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.folders = [folder]
    this.#clock = clock
    mkdirSync(folder, { recursive: true })
    handsOnControllers(folder)
  }

  create(id: string, options: LimitsOptions): Limits {
    return new CgroupV2Limits(`${this.#folder}/${id}`, options, this.#clock)
  }

  adoptStarter(pid: number): void {
    mkdirSync(`${this.#folder}/${STARTER}`, { recursive: true })
    writeWhereThere(`${this.#folder}/${STARTER}/cpu.weight`, String(WEIGHTS.starting))
    writeWhereThere(`${this.#folder}/${STARTER}/cgroup.procs`, String(pid))
  }

  describe() {
    const there = read(`${this.#folder}/cgroup.subtree_control`).split(/\s+/)
    const words = { memory: 'memory', cpu: 'processor time', pids: 'number of processes' }
    const entries = Object.entries(words)
    return {
      limited: entries.filter(([controller]) => there.includes(controller)).map(([, word]) => word),
      unlimited: entries.filter(([controller]) => !there.includes(controller)).map(([, word]) => word),
    }
  }

  inUse(): number {
    return inUseIn(this.#folder, NAMES)
  }

  async close(): Promise<void> {
    await removeGroups([this.#folder], this.#clock)
  }
}

class CgroupV2Limits extends CgroupLimits {
  readonly #folder: string
  readonly #memoryMb: number
  #has: keyof typeof WEIGHTS = 'full'

  constructor(folder: string, options: LimitsOptions, clock: Clock) {
    super([folder], NAMES, clock)
    this.#folder = folder
    this.#memoryMb = options.memoryMb
    writeFileSync(`${folder}/memory.max`, String(hardLimitBytes(options)))
    writeWhereThere(`${folder}/memory.swap.max`, '0')
    this.#share(options.inBackground === true ? 'background' : 'starting')
    writeWhereThere(`${folder}/pids.max`, String(PROCESSES_MAX))
  }

  endInit(): void {
    this.#share('full')
  }

  limitProcessor(): void {
    writeWhereThere(`${this.#folder}/cpu.max`, `${cpuQuotaUs(this.#memoryMb)} ${CPU_PERIOD_US}`)
  }

  endBackground(): void {
    this.#share('full')
  }

  #share(of: keyof typeof WEIGHTS): void {
    if (of === this.#has) return
    this.#has = of
    writeWhereThere(`${this.#folder}/cpu.weight`, String(WEIGHTS[of]))
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
