import { constants } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Where layers are, inside, and where of them external extensions are. */
export const OPT_FOLDER = '/opt'
export const EXTENSIONS_FOLDER = `${OPT_FOLDER}/extensions`

/** Lambda's limit, internal ones included. */
export const EXTENSIONS_MAX = 10

/** An executable file in /opt/extensions. Its name is the extension's. */
export interface ExternalExtension {
  readonly name: string
  /** Why it cannot be started, as logs name it and as the kernel says it. */
  readonly flaw?: { readonly errorType: 'PermissionDenied' | 'TooManyExtensions'; readonly message: string }
}

/** The external extensions of what is /opt inside: every file of its folder `extensions`, by name. */
export async function findExternal(optFolder: string): Promise<ExternalExtension[]> {
  const folder = path.join(optFolder, 'extensions')
  return externalIn(folder, (name) =>
    access(path.join(folder, name), constants.X_OK).then(
      () => true,
      () => false,
    ),
  )
}

/** The same for any folder. `runs`: whether the file can be executed, as far as its mode tells. */
export async function externalIn(
  folder: string,
  runs: (name: string) => Promise<boolean>,
): Promise<ExternalExtension[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
  return Promise.all(names.sort().map((name, i) => described(name, i, runs)))
}

async function described(
  name: string,
  i: number,
  runs: (name: string) => Promise<boolean>,
): Promise<ExternalExtension> {
  if (i >= EXTENSIONS_MAX) {
    return { name, flaw: { errorType: 'TooManyExtensions', message: 'ErrTooManyExtensions' } }
  }
  if (await runs(name)) return { name }
  const message = `fork/exec ${EXTENSIONS_FOLDER}/${name}: permission denied`
  return { name, flaw: { errorType: 'PermissionDenied', message } }
}
