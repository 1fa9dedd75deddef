import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import { ownFolder, readSelf, removeGroups, writeWhereThere } from './limits/cgroup.ts'
import { isLeftBehind } from './limits/group-name.ts'
import { pidsIn, startTimeOf } from './limits/process-tree.ts'

/** A socket's path may have 107 bytes (sun_path); this is what names below the folder need of them. */
const SOCKET_PATH_MAX = 107 - '/4194304-1234567890-12345678/e/0123456789abcdef-999/rt.sock'.length

/** Where daemons keep what is of a running environment: beside the data, or where a socket's path is short enough. */
export function runFolderOf(dataFolder: string): string {
  const beside = path.resolve(dataFolder, 'run')
  if (Buffer.byteLength(beside) <= SOCKET_PATH_MAX) return beside
  const name = createHash('sha256').update(beside).digest('hex').slice(0, 12)
  return path.join(tmpdir(), `lambdad-${process.getuid?.() ?? 0}-${name}`)
}

/**
 * This daemon's own folder in it, named so that the next one can tell whether this one still runs. `unique`
 * tells several in one process apart.
 */
export function makeOwnFolder(runFolder: string, unique: string): string {
  const own = path.join(runFolder, `${process.pid}-${startTimeOf(process.pid) ?? 0}-${unique}`)
  for (const name of ['e', 'fifos', 'sandbox'])
    mkdirSync(path.join(own, name), { recursive: true, mode: 0o700 })
  return own
}

/** Notes the cgroups under which this daemon's environments run. */
export function noteGroups(ownFolder: string, folders: readonly string[]): void {
  writeFileSync(path.join(ownFolder, GROUPS_FILE), folders.join('\n'))
}

const GROUPS_FILE = 'cgroups'

/**
 * Ends what daemons that died without warning left running, and removes what they left behind. A process is
 * known by its id and the time of its start: an id that was given to another since is left alone. Returns how
 * many processes were ended.
 */
export async function endLeftovers(
  runFolder: string,
  clock: Clock,
  report: (error: unknown) => void,
): Promise<number> {
  let ended = 0
  for (const name of foldersIn(runFolder)) {
    const [pid = '', startTime] = name.split('-')
    if (!/^\d+$/.test(pid) || runs(Number(pid), startTime)) continue
    const folder = path.join(runFolder, name)
    ended += endEnvironments(path.join(folder, 'e'))
    ended += await endGroups(readLines(path.join(folder, GROUPS_FILE)), clock, report)
    rmSync(folder, { recursive: true, force: true })
  }
  return ended
}

/** Where the system does not tell when a process started (macOS), one of the same id is taken for the same. */
function runs(pid: number, startTime: string | undefined): boolean {
  if (process.platform === 'linux') return startTimeOf(pid) === startTime
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function endEnvironments(folder: string): number {
  const ids = foldersIn(folder)
  let ended = 0
  for (const id of ids) {
    const [pid, startTime] = (readLines(path.join(folder, id, 'process'))[0] ?? '').split(' ')
    if (pid && startTimeOf(Number(pid)) === startTime && killGroup(Number(pid))) ended++
  }
  return ended + endMarked(new Set(ids))
}

/** Processes that left their group still have the variable that says whose they are. */
function endMarked(ids: ReadonlySet<string>): number {
  if (process.platform !== 'linux' || ids.size === 0) return 0
  let ended = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const mark = markOf(name)
    if (mark !== undefined && ids.has(mark) && kill(Number(name))) ended++
  }
  return ended
}

function markOf(pid: string): string | undefined {
  try {
    return /(?:^|\0)LAMBDAD_ENVIRONMENT=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1]
  } catch {
    return undefined
  }
}

/** Ends what is in the cgroups of daemons that died without warning, and whose data folder is nowhere to be found. */
export async function endGroupsLeftBehind(clock: Clock, report: (error: unknown) => void): Promise<void> {
  const left = [...groupParents()].flatMap((parent) =>
    foldersIn(parent)
      .filter(isLeftBehind)
      .map((name) => path.join(parent, name)),
  )
  await endGroups(left, clock, report)
}

/** The places where this daemon, too, has its cgroups. */
function groupParents(): Set<string> {
  if (process.platform !== 'linux') return new Set()
  const { groups, mounted } = readSelf()
  const parents = mounted.flatMap((hierarchy) => {
    const own = hierarchy.controllers.map((controller) =>
      ownFolder(hierarchy, groups.get(controller === 'cgroup2' ? '' : controller) ?? '/'),
    )
    return [hierarchy.mountPoint, ...own]
  })
  return new Set(parents.filter((parent) => parent !== undefined).filter(mayChange))
}

/** What another user's daemon left, root's above all, is that one's to remove. */
function mayChange(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** No process can have left the cgroups below a daemon's own: all there are its environments'. */
async function endGroups(
  daemons: readonly string[],
  clock: Clock,
  report: (error: unknown) => void,
): Promise<number> {
  const groups = daemons
    .filter((own) => path.basename(own).startsWith('lambdad-'))
    .flatMap((own) => [...foldersIn(own).map((name) => path.join(own, name)), own])
  // First, in all of them: what version 1 has frozen cannot be killed.
  for (const group of groups) writeWhereThere(path.join(group, 'freezer.state'), 'THAWED')
  const pids = groups.flatMap((group) => pidsIn(path.join(group, 'cgroup.procs')))
  const ended = pids.filter(kill).length
  for (const group of groups) await removeGroups([group], clock).catch(report)
  return ended
}

function killGroup(leader: number): boolean {
  return kill(-leader) || kill(leader)
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').trim().split('\n').filter(Boolean)
  } catch {
    return []
  }
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    return []
  }
}
