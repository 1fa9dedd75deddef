import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { canMakeGroups, type Hierarchy, ownFolder, readSelf, removeGroups } from '../limits/cgroup.ts'
import type { Freezable, Freezer } from './freezer.ts'

/** How a kind of cgroup is frozen: what is written into which file. */
interface Switch {
  readonly file: string
  readonly frozen: string
  readonly thawed: string
}

/** 3 to 9 µs a write, and SIGKILL works on what is frozen. */
const V2: Switch = { file: 'cgroup.freeze', frozen: '1', thawed: '0' }
/** 80 to 130 µs a write. What is frozen cannot be killed before it is thawed. */
const V1: Switch = { file: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED' }

/** Version 2's, where it is mounted: also beside the controllers of version 1. `name` is the daemon's own. */
export function cgroupV2Freezer(name: string, clock: Clock): Freezer | undefined {
  const { groups, mounted } = readSelf()
  const hierarchy = mounted.find(({ controllers }) => controllers.includes('cgroup2'))
  if (hierarchy === undefined) return undefined
  return freezerIn(hierarchy, groups.get('') ?? '/', { kind: 'cgroup-v2', name, clock, by: V2 })
}

export function cgroupV1Freezer(name: string, clock: Clock): Freezer | undefined {
  const { groups, mounted } = readSelf()
  const hierarchy = mounted.find(({ controllers }) => controllers.includes('freezer'))
  if (hierarchy === undefined) return undefined
  return freezerIn(hierarchy, groups.get('freezer') ?? '/', { kind: 'cgroup-v1', name, clock, by: V1 })
}

/** The limits' own cgroups are of version 2 and freeze as well as any. */
export const freezerOfLimits: Freezer = {
  name: 'cgroup-v2',
  folders: [],
  create: (_, cgroups) => new FreezableGroup(`${cgroups[0]}/${V2.file}`, V2),
  close: async () => {},
}

interface FreezerOptions {
  readonly kind: Freezer['name']
  readonly name: string
  readonly clock: Clock
  readonly by: Switch
}

function freezerIn(hierarchy: Hierarchy, group: string, options: FreezerOptions): Freezer | undefined {
  const parent = ownFolder(hierarchy, group)
  if (parent === undefined || !canMakeGroups(parent, `${options.name}-probe`, [options.by.file]))
    return undefined
  return new CgroupFreezer(`${parent}/${options.name}`, options)
}

class CgroupFreezer implements Freezer {
  readonly name: Freezer['name']
  readonly folders: readonly string[]
  readonly #folder: string
  readonly #options: FreezerOptions

  constructor(folder: string, options: FreezerOptions) {
    this.name = options.kind
    this.folders = [folder]
    this.#folder = folder
    this.#options = options
    mkdirSync(folder)
  }

  create(id: string): Freezable {
    const folder = `${this.#folder}/${id}`
    mkdirSync(folder)
    const { by, clock } = this.#options
    return new FreezableGroup(`${folder}/${by.file}`, by, { folder, clock })
  }

  async close(): Promise<void> {
    await removeGroups(this.folders, this.#options.clock)
  }
}

class FreezableGroup implements Freezable {
  readonly cgroups: readonly string[]
  readonly #file: string
  readonly #by: Switch
  readonly #clock: Clock | undefined
  /** Open from the first freezing on: opening it each time would double what thawing costs. */
  #fd: number | undefined
  #over = false

  /** `own`: the group is this freezer's to make and to remove. */
  constructor(file: string, by: Switch, own?: { folder: string; clock: Clock }) {
    this.cgroups = own === undefined ? [] : [own.folder]
    this.#file = file
    this.#by = by
    this.#clock = own?.clock
  }

  started(): void {}

  freeze(): void {
    this.#write(this.#by.frozen)
  }

  thaw(): void {
    this.#write(this.#by.thawed)
  }

  async remove(): Promise<void> {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
    this.#over = true
    if (this.#clock !== undefined) await removeGroups(this.cgroups, this.#clock)
  }

  #write(state: string): void {
    if (this.#over) return
    try {
      this.#fd ??= openSync(this.#file, 'w')
      writeSync(this.#fd, state, 0)
    } catch {
      // The group is gone: nothing is left in it to freeze or to thaw.
    }
  }
}
