import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import { pidsIn } from './process-tree.ts'

/** An environment's processes need a moment to be gone after they were killed: 300 tries, 10 ms apart. */
const REMOVE_TRIES = 300
const REMOVE_PAUSE_MS = 10

/**
 * What keeps processes from ending on a busy machine: a frozen group of version 1, a processor limit, a share that
 * is for the background.
 */
const TO_LET_END: readonly [file: string, value: string][] = [
  ['freezer.state', 'THAWED'],
  ['cpu.cfs_quota_us', '-1'],
  ['cpu.shares', '1024'],
  ['cpu.max', 'max'],
  ['cpu.weight', '100'],
]

/** Where this process is, by hierarchy: `memory` → `/user.slice`, and v2's under the empty name. */
export function ownGroups(procSelfCgroup: string): Map<string, string> {
  const groups = new Map<string, string>()
  for (const line of procSelfCgroup.trim().split('\n')) {
    const [, controllers = '', group = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    for (const controller of controllers.split(',')) groups.set(controller, group)
  }
  return groups
}

/** A mounted hierarchy: `controllers` has `cgroup2` for v2's. */
export interface Hierarchy {
  readonly mountPoint: string
  /** What of the hierarchy is mounted there: `/` but in containers. */
  readonly root: string
  readonly controllers: readonly string[]
}

/** The cgroup hierarchies in the text of /proc/self/mountinfo. */
export function hierarchies(mountInfo: string): Hierarchy[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [, , , root = '', mountPoint = '', ...more] = line.split(' ')
    const [type = '', , options = ''] = more.slice(more.indexOf('-') + 1)
    if (type !== 'cgroup' && type !== 'cgroup2') return []
    return [{ mountPoint, root, controllers: type === 'cgroup2' ? ['cgroup2'] : options.split(',') }]
  })
}

/** The folder of this process's own group in a hierarchy, or undefined where it lies outside what is mounted. */
export function ownFolder(hierarchy: Hierarchy, group: string): string | undefined {
  if (hierarchy.root === '/') return `${hierarchy.mountPoint}${group === '/' ? '' : group}`
  if (group !== hierarchy.root && !group.startsWith(`${hierarchy.root}/`)) return undefined
  return hierarchy.mountPoint + group.slice(hierarchy.root.length)
}

export function readSelf(): { groups: Map<string, string>; mounted: Hierarchy[] } {
  return {
    groups: ownGroups(readFileSync('/proc/self/cgroup', 'latin1')),
    mounted: hierarchies(readFileSync('/proc/self/mountinfo', 'latin1')),
  }
}

/** Whether groups can be made below `parent`, found out by making one. */
export function canMakeGroups(parent: string, probe: string, files: readonly string[]): boolean {
  const folder = `${parent}/${probe}`
  try {
    mkdirSync(folder)
  } catch {
    return false
  }
  try {
    for (const file of files) readFileSync(`${folder}/${file}`)
    return true
  } catch {
    return false
  } finally {
    rmdirSync(folder)
  }
}

/** Writes a limit that a kernel may not have: swap accounting, for one, is often switched off. */
export function writeWhereThere(file: string, value: string): void {
  try {
    writeFileSync(file, value)
  } catch {
    // Not there: nothing to limit by.
  }
}

/** Removes groups, with those below them; what is still in them is ended. Rejects with what is there after 3 s. */
export async function removeGroups(folders: readonly string[], clock: Clock): Promise<void> {
  await Promise.all(folders.map((folder) => removeGroup(folder, clock)))
}

async function removeGroup(folder: string, clock: Clock): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rmdir(folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      if (code !== 'EBUSY' || tries === REMOVE_TRIES) throw error
      removeBelow(folder)
      await clock.sleep(REMOVE_PAUSE_MS)
    }
  }
}

/** Whatever is in an environment's group is its own, even what slipped out of a sandbox that was being made. */
function removeBelow(folder: string): void {
  endAllIn(folder)
  for (const below of groupsIn(folder)) {
    removeBelow(below)
    try {
      rmdirSync(below)
    } catch {
      // Not empty yet, or somebody else was faster.
    }
  }
}

function endAllIn(folder: string): void {
  for (const [file, value] of TO_LET_END) writeWhereThere(`${folder}/${file}`, value)
  for (const pid of pidsIn(`${folder}/cgroup.procs`)) {
    if (pid === process.pid) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
}

function groupsIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`)
  } catch {
    return []
  }
}

/** The number after `name` in a file of `name number` lines, or 0. */
export function numberIn(file: string, name: string): number {
  try {
    const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(file, 'latin1'))
    return match === null ? 0 : Number(match[1])
  } catch {
    return 0
  }
}

/** The number that a file consists of, or 0. */
export function wholeNumberIn(file: string): number {
  try {
    return Number(readFileSync(file, 'latin1')) || 0
  } catch {
    return 0
  }
}
