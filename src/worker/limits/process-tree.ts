import { readdirSync, readFileSync } from 'node:fs'

const PAGE_BYTES = 4096

/** The process and all that descend from it, as long as none of those in between has ended. */
export function descendants(pid: number): number[] {
  const found = [pid]
  for (const parent of found) found.push(...childrenOf(parent))
  return found
}

/** Every thread can have children of its own. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      pidsIn(`/proc/${pid}/task/${thread}/children`),
    )
  } catch {
    // Ended meanwhile.
    return []
  }
}

/** The ids in a file of the kernel's that lists them; none where it is gone. */
export function pidsIn(file: string): number[] {
  try {
    return readFileSync(file, 'latin1').split(/\s+/).filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Resident bytes of the processes together; what they share counts for each. */
export function residentBytes(pids: readonly number[]): number {
  let bytes = 0
  for (const pid of pids) {
    try {
      bytes += Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES
    } catch {
      // Ended meanwhile.
    }
  }
  return bytes
}

/**
 * When a process started, in the kernel's ticks since boot: with its id, its name for all time. Undefined where it
 * has ended, even if nobody has asked how yet.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command's name, in parentheses, may have blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
