import type { Limiter } from './limits/limits.ts'
import type { Isolation, Sandbox } from './sandbox/sandbox.ts'

/** What a worker isolates and limits, and what not, in words for people. */
export interface WorkerIsolation extends Isolation {
  readonly limiter: Limiter['name']
  /** What each environment has a bounded share of. */
  readonly limited: readonly string[]
  /** What it can use up. */
  readonly unlimited: readonly string[]
  /** All of it in one line, for the start. */
  readonly summary: string
}

export function isolationOf(sandbox: Sandbox, limiter: Limiter): WorkerIsolation {
  const isolation = sandbox.isolation()
  const { limited, unlimited } = limiter.describe()
  return { ...isolation, limiter: limiter.name, limited, unlimited, summary: summaryOf(isolation) }
}

function summaryOf({ sandbox, isolates, advice }: Isolation): string {
  if (isolates) return `functions run sandboxed (${sandbox}); the network is the host's`
  return `functions run as plain processes: nothing is isolated${advice === undefined ? '' : `; ${advice}`}`
}
