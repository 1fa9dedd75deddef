import { readlinkSync } from 'node:fs'
import { startTimeOf } from './process-tree.ts'

/**
 * The name of a daemon's cgroups. By it another daemon can tell that this one has died, even where its data folder
 * is gone: with its id, the time of its start and the pid namespace in which these hold. A hierarchy may be shared
 * by containers that do not see each other's processes.
 */
export function groupName(unique: string): string {
  return `lambdad-${process.pid}-${startTimeOf(process.pid) ?? 0}-${pidNamespace()}-${unique}`
}

/** Whether a group was a daemon's that could be seen from here, and runs no more. */
export function isLeftBehind(name: string): boolean {
  const [, pid, startTime, namespace] = /^lambdad-(\d+)-(\d+)-(\d+)-/.exec(name) ?? []
  if (pid === undefined || namespace !== pidNamespace() || namespace === '0') return false
  return startTimeOf(Number(pid)) !== startTime
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
