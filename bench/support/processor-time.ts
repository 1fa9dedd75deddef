import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever its kernel's tick is. */
const MICROSECONDS_PER_COUNT = 10_000

/** Microseconds of processor time. */
export interface ProcessorTime {
  readonly own: number
  /** Of all processes below: an environment that ended takes its time along. */
  readonly below: number
}

/** What a process and those that it started have used so far; undefined where there is no /proc. */
export function processorTime(pid: number | undefined): ProcessorTime | undefined {
  const all = processes()
  const root = all.find((process) => process.pid === pid)
  if (root === undefined) return undefined
  const usedBelow = (parent: number): number =>
    all
      .filter((process) => process.parent === parent)
      .reduce((sum, process) => sum + process.used + usedBelow(process.pid), 0)
  return { own: root.used, below: usedBelow(root.pid) }
}

interface Counted {
  readonly pid: number
  readonly parent: number
  readonly used: number
}

function processes(): Counted[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => countedOf(Number(name)))
}

function countedOf(pid: number): Counted[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the command's name, which may hold anything: state, parent, …, user and system time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const used = (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_COUNT
    return [{ pid, parent: Number(fields[1]), used }]
  } catch {
    return [] // it has ended
  }
}
