import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'

export const CLI = path.join(import.meta.dirname, '..', '..', 'cli', 'lambdad.ts')

export interface Daemon {
  readonly child: ChildProcess
  readonly url: string
  /** The line that said it was ready. */
  readonly announcement: string
  /** SIGKILL, as by a power cut. */
  kill(): Promise<void>
  stop(): Promise<number | null>
}

/** A data folder for one test. */
export async function dataFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-daemon-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** `lambdad start` as a process of its own; ended with the test at the latest. */
export async function startDaemon(t: TestContext, data: string, ...flags: string[]): Promise<Daemon> {
  const args = [CLI, 'start', '--port', '0', '--data', data, '--log-level', 'error', ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => {
    child.kill('SIGKILL')
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+:\d+/.exec(line)?.[0]
    if (url !== undefined) return { child, url, announcement: line, ...endsOf(child) }
  }
  throw new Error('lambdad ended before it was ready')
}

function endsOf(child: ChildProcess) {
  const end = async (signal: NodeJS.Signals) => {
    const exited = once(child, 'exit')
    child.kill(signal)
    return ((await exited) as [number | null])[0]
  }
  return { kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') }
}

/** Runs another command of the command line to its end. */
export async function lambdad(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { ran } = await import('./commands.ts')
  return ran(process.execPath, [CLI, ...args])
}
