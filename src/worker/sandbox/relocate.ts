import type { SandboxSpec } from './sandbox.ts'

/** Where mounts go that would lie in a function's /tmp, which is to be empty and its own. */
const ELSEWHERE = '/host'

/**
 * The same environment with nothing of the host's in /tmp: what was to be mounted there is mounted elsewhere,
 * and found there by the program's arguments and variables. A clone of lambdad in /tmp brings its Node binary
 * from there.
 */
export function outOfTemporary(spec: SandboxSpec): SandboxSpec {
  const moved = spec.mounts.filter(({ target }) => target.startsWith('/tmp/'))
  if (moved.length === 0) return spec
  const inside = (text: string) =>
    moved.reduce((so, { target }) => so.replaceAll(asPath(target), `${ELSEWHERE}${target}`), text)
  return {
    ...spec,
    mounts: spec.mounts.map((mount) =>
      moved.includes(mount) ? { ...mount, target: `${ELSEWHERE}${mount.target}` } : mount,
    ),
    argv: spec.argv.map(inside),
    variables: Object.fromEntries(
      Object.entries(spec.variables).map(([name, value]) => [name, inside(value)]),
    ),
  }
}

/** Matches the path and what is below it, but not a longer name that begins like it. */
function asPath(target: string): RegExp {
  const escaped = target.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<=^|[:=,])${escaped}(?=$|[/:])`, 'g')
}
