import { lstatSync } from 'node:fs'
import path from 'node:path'
import { resolveIn } from '../../base/tar/tree.ts'
import { flawIn } from '../entrypoint.ts'

export interface Wanted {
  readonly argv: readonly string[]
  readonly directory: string
  /** Where a program without a slash is looked for. */
  readonly path: string
}

export interface Wrong {
  readonly errorType: 'Runtime.InvalidEntrypoint' | 'Runtime.InvalidWorkingDir'
  readonly message: string
}

/** Looks at an image's program as the kernel will, inside its root; undefined where nothing is wrong with it. */
export async function findProgram(
  root: string,
  { argv, directory, path: search }: Wanted,
): Promise<Wrong | undefined> {
  if (!directory.startsWith('/'))
    return wrongDirectory(`the working directory '${directory}' is invalid, it needs to be an absolute path`)
  const place = placeIn(root, directory)
  if (place === undefined || !lstatSync(place).isDirectory())
    return wrongDirectory(`the working directory doesn't exist: ${directory}`)
  const [program] = argv
  if (!program) return wrongProgram('the image has neither an entry point nor a command')
  if (program.includes('/')) {
    const flaw = await flawOf(root, path.posix.resolve(directory, program))
    return flaw === undefined ? undefined : wrongProgram(`fork/exec ${program}: ${flaw}`)
  }
  let flaw: string | undefined
  for (const folder of search.split(':')) {
    const found = await flawOf(root, path.posix.resolve(directory, folder, program))
    if (found === undefined) return undefined
    if (found !== MISSING) flaw ??= found
  }
  if (flaw !== undefined) return wrongProgram(`fork/exec ${program}: ${flaw}`)
  return wrongProgram(`exec: "${program}": executable file not found in $PATH`)
}

const MISSING = 'no such file or directory'

/** Why the kernel would not execute a file of the image; undefined where nothing is wrong with it. */
export async function flawOf(root: string, file: string): Promise<string | undefined> {
  const place = placeIn(root, file)
  if (place === undefined) return MISSING
  const found = lstatSync(place)
  // It runs as a user that has no file of the image.
  if (!found.isFile() || (found.mode & 0o001) === 0) return 'permission denied'
  return flawIn(place, (interpreter) => placeIn(root, interpreter) !== undefined)
}

/** Where a path of the image is on the host. */
export function placeIn(root: string, file: string): string | undefined {
  return resolveIn(root, file.split('/'), () => false)
}

function wrongProgram(message: string): Wrong {
  return { errorType: 'Runtime.InvalidEntrypoint', message }
}

function wrongDirectory(message: string): Wrong {
  return { errorType: 'Runtime.InvalidWorkingDir', message }
}
