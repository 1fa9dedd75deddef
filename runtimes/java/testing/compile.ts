import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const HERE = import.meta.dirname

/**
 * The compiled classes of the fixtures, by their paths in a package; undefined where there is no javac. The
 * interfaces of aws-lambda-java-core among them are written afresh: no registry is asked for the real ones.
 */
export function compileFixtures(extra: Readonly<Record<string, string>> = {}, release = '11') {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-java-'))
  try {
    const sources = filesOf(HERE).filter((name) => name.endsWith('.java'))
    const made = Object.entries(extra).map(([name, text]) => {
      writeFileSync(path.join(folder, name), text)
      return path.join(folder, name)
    })
    const jackson = JACKSON.length > 0 ? ['-cp', JACKSON.join(':')] : []
    const args = [
      '--release',
      release,
      '-encoding',
      'UTF-8',
      '-g',
      '-nowarn',
      ...jackson,
      '-d',
      path.join(folder, 'out'),
    ]
    execFileSync('javac', [...args, ...sources.map((name) => path.join(HERE, name)), ...made], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const out = path.join(folder, 'out')
    return Object.fromEntries(filesOf(out).map((name) => [name, readFileSync(path.join(out, name))]))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Debian's; empty where it is not installed. */
export const JACKSON: readonly string[] = ['annotations', 'core', 'databind']
  .map((part) => `/usr/share/java/jackson-${part}.jar`)
  .filter((jar) => existsSync(jar))

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
}
