import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

export interface Interpreter {
  readonly binary: string
  /** `3.12`. */
  readonly version: string
}

/** Every Python from 3.8 on that the machine has, by pyenv or as its own. */
export function pythons(): Interpreter[] {
  const versions = path.join(homedir(), '.pyenv/versions')
  const ours = existsSync(versions) ? readdirSync(versions) : []
  const found = ours
    .map((name) => ({
      binary: path.join(versions, name, 'bin/python3'),
      version: name.split('.').slice(0, 2).join('.'),
    }))
    .filter(({ binary }) => existsSync(binary))
  if (existsSync('/usr/bin/python3')) {
    const script = 'import sys; print("%d.%d" % sys.version_info[:2])'
    found.push({
      binary: '/usr/bin/python3',
      version: execFileSync('/usr/bin/python3', ['-c', script]).toString().trim(),
    })
  }
  return found.filter(({ version }) => /^3\.([89]|\d\d)$/.test(version))
}
