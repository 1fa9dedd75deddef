import { ZipError } from './error.ts'

/** As many links as Linux follows in one path before it gives up; beyond, the link leads nowhere. */
const FOLLOWED_MAX = 40

interface Link {
  readonly path: string
  readonly target?: string
}

/** Every link leads to a place inside the package, whether or not something is there. */
export function checkLinks(entries: readonly Link[]): void {
  const targets = new Map<string, string>()
  for (const { path, target } of entries) if (target !== undefined) targets.set(path, target)
  for (const [path, target] of targets) {
    if (!staysInside(path, target, targets)) {
      throw new ZipError('link-escapes', `the link ${path} leads out of the package, to ${target}`, {
        entry: path,
      })
    }
  }
}

/**
 * Walks as the kernel does, link by link: `..` after a link climbs from where the link leads, so that a path
 * that looks harmless as text may still lead out.
 */
function staysInside(path: string, target: string, targets: ReadonlyMap<string, string>): boolean {
  const at = path.split('/').slice(0, -1)
  let ahead = target.split('/')
  if (target.startsWith('/') || target.includes('\0')) return false

  for (let followed = 0; ahead.length > 0; ) {
    const part = ahead.shift() as string
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (at.pop() === undefined) return false
      continue
    }
    at.push(part)
    const next = targets.get(at.join('/'))
    if (next === undefined) continue
    if (++followed > FOLLOWED_MAX) return true
    if (next.startsWith('/')) return false
    at.pop()
    ahead = [...next.split('/'), ...ahead]
  }
  return true
}
