import { constants } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Where external extensions are, inside. */
export const EXTENSIONS_FOLDER = '/opt/extensions'

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
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
  return Promise.all(names.sort().map((name, i) => described(folder, name, i)))
}

async function described(folder: string, name: string, i: number): Promise<ExternalExtension> {
  if (i >= EXTENSIONS_MAX) {
    return { name, flaw: { errorType: 'TooManyExtensions', message: 'ErrTooManyExtensions' } }
  }
  const runs = await access(path.join(folder, name), constants.X_OK).then(
    () => true,
    () => false,
  )
  if (runs) return { name }
  const message = `fork/exec ${EXTENSIONS_FOLDER}/${name}: permission denied`
  return { name, flaw: { errorType: 'PermissionDenied', message } }
}
