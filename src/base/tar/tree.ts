import { lstatSync, mkdirSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { TarError } from './error.ts'

/** As many as Linux follows. */
const LINKS_MAX = 40
const NAME_MAX = 255
const PATH_MAX = 4096

/** A name's parts; none of them climbs. */
export function partsOf(name: string): string[] {
  if (name.includes('\0') || Buffer.byteLength(name) > PATH_MAX) throw refused('name-invalid', name)
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refused('name-escapes', name)
  if (parts.some((part) => Buffer.byteLength(part) > NAME_MAX)) throw refused('name-invalid', name)
  return parts
}

/**
 * Where a path leads in a tree, as it would for a process whose root the tree is: symbolic links, absolute ones
 * too, stay inside. A tree that nobody else changes meanwhile. `missing` decides on a folder that is not there:
 * it makes it, or says undefined.
 */
export function resolveIn(
  root: string,
  parts: readonly string[],
  missing: (place: string) => boolean,
): string | undefined {
  const todo = [...parts]
  let place = root
  let links = 0
  for (let part = todo.shift(); part !== undefined; part = todo.shift()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (place !== root) place = path.dirname(place)
      continue
    }
    const next = `${place}/${part}`
    const found = lstatSync(next, { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) {
      if (++links > LINKS_MAX) return undefined
      const target = readlinkSync(next)
      if (target.startsWith('/')) place = root
      todo.unshift(...target.split('/'))
      continue
    }
    if (found === undefined && !missing(next)) return undefined
    if (found !== undefined && todo.some((left) => left !== '' && left !== '.') && !found.isDirectory())
      return undefined
    place = next
  }
  return place
}

/** The folder of this path, made where it is missing. */
export function folderIn(root: string, parts: readonly string[]): string {
  const place = resolveIn(root, parts, (missing) => {
    mkdirSync(missing, { mode: 0o755 })
    return true
  })
  if (place === undefined || !lstatSync(place).isDirectory()) throw refused('under-file', parts.join('/'))
  return place
}

function refused(reason: 'name-invalid' | 'name-escapes' | 'under-file', entry: string): TarError {
  return new TarError(reason, `the entry ${JSON.stringify(entry.slice(0, 200))} has no place in the tree`, {
    entry,
  })
}
