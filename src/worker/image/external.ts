import { CannotStart } from '../environment/runtime.ts'
import { EXTENSIONS_FOLDER, type ExternalExtension, externalIn } from '../extensions/external.ts'
import { flawOf, placeIn } from './program.ts'

/**
 * The external extensions that an image brings. Throws `CannotStart` where it brings some and no shell: the
 * supervisor is one.
 */
export async function externalInImage(root: string): Promise<ExternalExtension[]> {
  const folder = placeIn(root, EXTENSIONS_FOLDER)
  if (folder === undefined) return []
  const found = await externalIn(
    folder,
    async (name) => (await flawOf(root, `${EXTENSIONS_FOLDER}/${name}`)) !== 'permission denied',
  )
  if (found.length > 0 && placeIn(root, '/bin/sh') === undefined) throw needsShell()
  return found
}

function needsShell(): CannotStart {
  const message = `lambdad starts the extensions in ${EXTENSIONS_FOLDER} of an image by its /bin/sh, and this image has none.`
  return new CannotStart(message, () => ({
    kind: 'platform-error',
    code: 'InvalidRuntimeException',
    message,
  }))
}
