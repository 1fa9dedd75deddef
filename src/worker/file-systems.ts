import { chownSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { FunctionVersion } from '../wire/function-version.ts'
import { GROUP, type Mount, type Sandbox } from './sandbox/sandbox.ts'

/** The group may write, and all environments are in it: those that have the folder mounted. */
const FOLDER_MODE = 0o770

/** It cannot be mounted; the message says why. */
export class CannotMount extends Error {}

/**
 * The folder of a function's EFS access point, `<folder>/<account>/<region>/<access point's id>`, to be mounted
 * writable; undefined where the function has none. Made where it is missing; one that is there keeps its owner and
 * mode. Throws `CannotMount`.
 */
export function fileSystemMount(
  folder: string | undefined,
  sandbox: Pick<Sandbox, 'ownUsers' | 'isolation'>,
  { fileSystem, accountId, region }: FunctionVersion,
): Mount | undefined {
  if (fileSystem === undefined) return undefined
  if (folder === undefined) {
    throw new CannotMount('This lambdad was started without --file-systems, the folder of access points.')
  }
  if (!sandbox.isolation().isolates) {
    throw new CannotMount(
      'Functions are plain processes here, to which nothing can be mounted: use bubblewrap.',
    )
  }
  const source = openFolder(
    path.resolve(folder),
    [accountId, region, fileSystem.accessPoint],
    sandbox.ownUsers,
  )
  return { source, target: fileSystem.path, isWritable: true }
}

function openFolder(folder: string, names: readonly string[], hasOwnUsers: boolean): string {
  const wanted = path.join(folder, ...names)
  try {
    mkdirSync(path.dirname(wanted), { recursive: true })
    make(wanted, hasOwnUsers)
    const [root, real] = [realpathSync(folder), realpathSync(wanted)]
    if (!statSync(real).isDirectory()) throw new Error(`${real} is no folder`)
    if (real.startsWith(`${root}/`)) return real
  } catch (error) {
    const { message } = error as Error
    throw new CannotMount(`The folder of the access point cannot be used: ${message}`, { cause: error })
  }
  throw new CannotMount(`The folder of the access point ${names.at(-1)} is a link out of --file-systems.`)
}

function make(folder: string, hasOwnUsers: boolean): void {
  // Not with chmod: a folder that somebody else made at the same moment is theirs.
  const umask = process.umask(0o007)
  try {
    mkdirSync(folder, { mode: FOLDER_MODE })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  } finally {
    process.umask(umask)
  }
  if (hasOwnUsers) chownSync(folder, 0, GROUP)
}
