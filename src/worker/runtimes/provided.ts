import type { FoundRuntime } from './found.ts'

/** A custom runtime: its program is the function's own, so that nothing is looked for. */
export function providedRuntime(runtime: string): FoundRuntime {
  const version = runtime.replace('provided.', '')
  const runtimeVersion = `provided:${version}.v1`
  return {
    kind: 'found',
    runtime,
    binary: '',
    version,
    exact: true,
    prefix: '',
    source: 'function',
    runtimeVersion,
    plan: () => ({ argv: ['/var/task/bootstrap'], env: {}, mounts: [], runtimeVersion }),
  }
}
