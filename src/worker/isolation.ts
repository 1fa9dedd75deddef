import type { Limiter } from './limits/limits.ts'
import type { Network, NetworkIsolation } from './network/network.ts'
import type { Isolation, Sandbox } from './sandbox/sandbox.ts'

/** What a worker isolates and limits, and what not, in words for people. */
export interface WorkerIsolation extends Isolation, NetworkIsolation {
  readonly limiter: Limiter['name']
  /** What each environment has a bounded share of. */
  readonly limited: readonly string[]
  /** What it can use up. */
  readonly unlimited: readonly string[]
  /** All of it in one line, for the start. */
  readonly summary: string
}

export function isolationOf(sandbox: Sandbox, limiter: Limiter, network: Network): WorkerIsolation {
  const isolation = sandbox.isolation()
  const { limited, unlimited } = limiter.describe()
  return {
    ...isolation,
    ...network.isolation,
    isolated: [...isolation.isolated, ...network.isolation.isolated],
    shared: [...network.isolation.shared, ...isolation.shared],
    limiter: limiter.name,
    limited,
    unlimited,
    summary: summaryOf(isolation, network.isolation),
  }
}

function summaryOf(
  { sandbox, isolates, advice }: Isolation,
  { network, networkAdvice }: NetworkIsolation,
): string {
  if (isolates && network === 'own') {
    return `functions run sandboxed (${sandbox}), each environment with a network of its own`
  }
  if (isolates) return `functions run sandboxed (${sandbox}); the network is the host's: ${networkAdvice}`
  return `functions run as plain processes: nothing is isolated${advice === undefined ? '' : `; ${advice}`}`
}
