import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

const SDK = '@aws/durable-execution-sdk-js'
const ROOT = path.join(import.meta.dirname, '..', '..')

let packed: Record<string, Buffer> | undefined

/** The published SDK with all it needs, as users have it in `node_modules` of their package: name → content. */
export function packedSdk(): Readonly<Record<string, Buffer>> {
  packed ??= Object.fromEntries(closure(SDK, ROOT).flatMap(filesOf))
  return packed
}

interface Package {
  /** `node_modules/…`, as it lies in ours. */
  readonly place: string
  readonly folder: string
}

function closure(name: string, from: string, found = new Map<string, Package>()): Package[] {
  const folder = find(name, from)
  if (found.has(folder)) return [...found.values()]
  found.set(folder, { place: folder.slice(folder.indexOf('node_modules/')), folder })
  const { dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  for (const dependency of Object.keys(dependencies)) closure(dependency, folder, found)
  return [...found.values()]
}

/** Upwards, as Node does. */
function find(name: string, from: string): string {
  const folder = path.join(from, 'node_modules', name)
  if (existsSync(`${folder}/package.json`)) return realpathSync(folder)
  if (path.dirname(from) === from) throw new Error(`${name} is not installed`)
  return find(name, path.dirname(from))
}

function filesOf({ place, folder }: Package): [string, Buffer][] {
  const wanted = ['package.json', 'dist-cjs/**/*.js', 'lib/**/*.js', '*.js', 'dist/**/*.js', 'dist/**/*.cjs']
  return globSync(wanted, { cwd: folder })
    .filter((name) => !name.includes('node_modules/'))
    .map((name) => [`${place}/${name}`, readFileSync(`${folder}/${name}`)])
}
