import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** All lines of a file, once those that are wanted are among them or patience ends, and which are still missing. */
export async function waitForLines(file: string, wanted: readonly string[], patienceMs: number) {
  const until = Date.now() + patienceMs
  for (;;) {
    const seen = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n')
    const have = new Set(seen)
    const missing = wanted.filter((line) => !have.has(line))
    if (missing.length === 0 || Date.now() > until) return { missing, seen }
    await sleep(100)
  }
}
