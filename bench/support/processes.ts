import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

export interface Server {
  readonly child: ChildProcess
  readonly port: number
  /** From spawn to the line that says it is ready, milliseconds. */
  readonly readyMs: number
  stop(): Promise<void>
}

const ROOT = path.join(import.meta.dirname, '..', '..')

export function startEcho(): Promise<Server> {
  return startServer(['bench/support/echo-server.ts'], async () => {})
}

/** The echo with one more hop, to other processes: what an Invoke cannot be faster than by much. */
export function startHop(): Promise<Server> {
  return startServer(['bench/support/hop-server.ts'], async () => {})
}

/** Takes one file, and gives it back. */
export function startFileServer(): Promise<Server> {
  return startServer(['bench/support/file-server.ts'], async () => {})
}

/** Answers with as many bytes as it is asked for, in chunks. */
export function startStreamServer(): Promise<Server> {
  return startServer(['bench/support/stream-server.ts'], async () => {})
}

/** As fast as it can: the rates of AWS would end a measurement at 10,000 requests a second. */
export async function startLambdad(...flags: string[]): Promise<Server> {
  const data = await mkdtemp(path.join(tmpdir(), 'lambdad-bench-'))
  const cleanUp = () => rm(data, { recursive: true, force: true })
  return startServer(startArgs(data, ...flags), cleanUp)
}

/** With a data folder that stays when it stops. */
export function startLambdadOn(data: string, ...flags: string[]): Promise<Server> {
  return startServer(startArgs(data, ...flags), async () => {})
}

function startArgs(data: string, ...flags: string[]): string[] {
  return ['cli/lambdad.ts', 'start', '--port', '0', '--data', data, '--request-rate', '0', ...flags]
}

/** Megabytes that a process has in memory. */
export async function residentMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

/** Milliseconds of processor time that a process has used: in ticks of 10 ms. */
export async function processorMs(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

async function startServer(args: string[], cleanUp: () => Promise<void>): Promise<Server> {
  const begun = performance.now()
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const port = /http:\/\/[\w.]+:(\d+)/.exec(line)?.[1]
    if (port === undefined) continue
    const readyMs = performance.now() - begun
    const stop = async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      await cleanUp()
    }
    return { child, port: Number(port), readyMs, stop }
  }
  throw new Error(`${args.join(' ')} ended before it was ready`)
}
