import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from './figure.ts'
import { clientOf, createEcho, timedInvoke } from './support/functions.ts'
import { residentMb, startLambdad } from './support/processes.ts'

const ENVIRONMENTS = 200

/** For which the daemon grows in any case: its first environments. */
const FIRST = 20

/** As many calls at once as environments start at once. */
const AT_ONCE = 4

/** What was called is frozen by then, and the logs are written. */
const SETTLE_MS = 5000
const WATCHED_MS = 5000

/** Clock ticks of /proc/PID/stat are hundredths of a second. */
const TICK_MS = 10

/**
 * What Node environments cost that have nothing to do: memory, the daemon's own, and processor time. A function for
 * each: that of calls that are all under way at once is another figure.
 */
export async function idleEnvironments(): Promise<Figure[]> {
  const lambdad = await startLambdad('--pool-members', '0', '--environments-max', `${2 * ENVIRONMENTS}`)
  const pid = lambdad.child.pid as number
  const client = clientOf(lambdad.port)
  const add = async (from: number, to: number) => {
    for (let i = from; i < to; i += AT_ONCE) {
      const names = Array.from({ length: AT_ONCE }, (_, more) => `echo-${i + more}`)
      await Promise.all(names.map((name) => createEcho(client, name, 'nodejs24.x')))
      await Promise.all(names.map((name) => timedInvoke(lambdad.port, name)))
    }
  }
  await add(0, FIRST)
  await sleep(SETTLE_MS)
  const before = await residentMb(pid)
  await add(FIRST, FIRST + ENVIRONMENTS)
  await sleep(SETTLE_MS)
  const grown = ((await residentMb(pid)) - before) * 1024
  const runtimes = runtimesOf(pid)
  const megabytes = sum(runtimes.map(proportionalMb))
  const ticks = sum(runtimes.map(ticksOf))
  await sleep(WATCHED_MS)
  const used = (sum(runtimes.map(ticksOf)) - ticks) * TICK_MS
  await lambdad.stop()
  if (runtimes.length !== FIRST + ENVIRONMENTS) throw new Error(`${runtimes.length} runtimes were found`)
  return [
    {
      what: `memory of ${ENVIRONMENTS} idle Node environments`,
      value: ((megabytes / runtimes.length) * ENVIRONMENTS) / 1024,
      limit: { atMost: 4 },
      unit: 'GB',
      detail: `${(megabytes / runtimes.length).toFixed(1)} MB each, with its share of what is shared`,
    },
    {
      what: 'memory by which the daemon grows with each, and with its function',
      value: grown / ENVIRONMENTS,
      limit: { atMost: 100 },
      unit: 'KB',
      detail: `${Math.round(grown / 1024)} MB over ${Math.round(before)}`,
    },
    {
      what: `processor time that they use in ${WATCHED_MS / 1000} s`,
      value: used,
      limit: { atMost: 0 },
      unit: 'ms',
      detail: `${runtimes.length} runtimes`,
    },
  ]
}

/** Node processes below the daemon, but for the launcher. */
function runtimesOf(daemon: number): number[] {
  const parents = new Map(pids().map((pid) => [pid, parentOf(pid)]))
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && parent > 1 && (parent === daemon || isBelow(parent))
  }
  return pids()
    .filter((pid) => isBelow(pid) && read(pid, 'cmdline').includes('bootstrap'))
    .filter(
      (pid) => /\bnode\0/.test(read(pid, 'cmdline')) && !read(pid, 'cmdline').startsWith('/usr/bin/bwrap'),
    )
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function parentOf(pid: number): number | undefined {
  const parent = /^PPid:\s+(\d+)$/m.exec(read(pid, 'status'))?.[1]
  return parent === undefined ? undefined : Number(parent)
}

function proportionalMb(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(pid, 'smaps_rollup'))?.[1] ?? 0) / 1024
}

function ticksOf(pid: number): number {
  const stat = read(pid, 'stat')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Nothing where the process has ended. */
function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return ''
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
