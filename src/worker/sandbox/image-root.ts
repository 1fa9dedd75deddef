import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { ENTER } from '../image/unpack-image.ts'
import { RESOLVER, resolverFile } from './system-files.ts'

const run = promisify(execFile)

/** What becomes the environment's user, and what sets its variables. An image may have neither. */
const PROGRAMS = ['/usr/bin/setpriv', '/usr/bin/env']

/**
 * The host's setpriv and env with the libraries that they need, for roots that are not the host's: `ENTER` inside.
 * They run before the image's own program, so that nothing of the image runs with rights.
 */
export class EnterTools {
  readonly folder: string
  #loader: string | undefined
  #prepared: Promise<void> | undefined

  constructor(folder: string) {
    this.folder = folder
  }

  /** Copies them, once. */
  prepare(): Promise<void> {
    this.#prepared ??= this.#copy()
    return this.#prepared
  }

  /** How a program is started, in paths as they are inside. */
  argv(program: string): string[] {
    const inside = `${ENTER}/${path.basename(program)}`
    if (this.#loader === undefined) return [inside]
    return [`${ENTER}/${this.#loader}`, '--library-path', ENTER, inside]
  }

  async #copy(): Promise<void> {
    const libraries = await librariesOf(PROGRAMS)
    const partial = `${this.folder}.partial`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    for (const file of [...PROGRAMS, ...libraries]) {
      await copyFile(realpathSync(file), `${partial}/${path.basename(file)}`)
    }
    await rename(partial, this.folder)
    const loader = libraries.find((file) => /^ld[-.]/.test(path.basename(file)))
    this.#loader = loader && path.basename(loader)
  }
}

/** None for programs that are linked statically. */
async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const { stdout } = await run('ldd', [...programs]).catch(() => ({ stdout: '' }))
  return [...new Set([...stdout.matchAll(/(?:=>\s*|^\s+)(\/\S+) \(0x/gm)].map((match) => match[1] ?? ''))]
}

/** The mounts of a sandbox whose root is an image's. `etc` is the sandboxes' own. */
export function imageMounts(root: string, etc: string): string[] {
  return [
    ...['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--remount-ro', '/dev'],
    ...['--ro-bind', `${etc}/hosts`, '/etc/hosts'],
    ...(existsSync(RESOLVER) ? ['--ro-bind', realpathSync(resolverFile()), RESOLVER] : []),
  ]
}
