import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The folder with `initdb` and `postgres`; `undefined` where this machine has none. */
export function findPostgres(): string | undefined {
  const folders = [...debianFolders(), ...(process.env.PATH ?? '').split(path.delimiter), ...configured()]
  return folders.find(
    (folder) => existsSync(path.join(folder, 'initdb')) && existsSync(path.join(folder, 'postgres')),
  )
}

/** Debian keeps them out of the PATH; the newest first. */
function debianFolders(): string[] {
  const versionOf = (folder: string) => Number(folder.split(path.sep).at(-2))
  return globSync('/usr/lib/postgresql/*/bin').sort((a, b) => versionOf(b) - versionOf(a))
}

function configured(): string[] {
  try {
    return [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8', stdio: 'pipe' }).trim()]
  } catch {
    return []
  }
}

/** PostgreSQL refuses to run as root: then it is run as the first of these that the machine has. */
const INSTEAD_OF_ROOT = ['postgres', 'nobody']

export interface User {
  readonly uid: number
  readonly gid: number
}

/** As whom PostgreSQL is run; `undefined`: as ourselves. */
export function postgresUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of INSTEAD_OF_ROOT) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':')
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  throw new Error(`none of the users ${INSTEAD_OF_ROOT.join(', ')} is there to run PostgreSQL as`)
}
