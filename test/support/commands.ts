import { type ExecFileOptions, execFile, execFileSync } from 'node:child_process'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; a failure is a result, not an error. */
export function ran(program: string, args: readonly string[], options: ExecFileOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const limits = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' as const }
    execFile(program, args, { ...limits, ...options }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout: String(stdout), stderr: String(stderr) })
    })
  })
}

/** Whether a program can be run here; tests that need one which users may lack skip themselves by it. */
export function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 30_000 })
    return true
  } catch {
    return false
  }
}
