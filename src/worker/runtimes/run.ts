import { execFile } from 'node:child_process'

export interface RunResult {
  /** 0 where it ended well; anything else where it failed, timed out or is not there. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. Never rejects. */
export type Run = (
  file: string,
  args: readonly string[],
  options: { readonly timeoutMs: number },
) => Promise<RunResult>

export function runWith(env: Readonly<Record<string, string | undefined>>): Run {
  return (file, args, { timeoutMs }) =>
    new Promise((resolve) => {
      execFile(file, args, { timeout: timeoutMs, killSignal: 'SIGKILL', env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        resolve({ code, stdout, stderr: error === null ? stderr : stderr || error.message })
      })
    })
}
