import { createHash } from 'node:crypto'
import { TarError } from '../../base/tar/index.ts'
import type { FunctionImage, FunctionVersion } from '../../wire/function-version.ts'
import type { CodeCache, UnpackedCode } from '../code/code-cache.ts'
import { platformFailure } from '../environment/payloads.ts'
import { CannotStart } from '../environment/runtime.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { DEFAULT_PATH } from './path.ts'
import { findProgram } from './program.ts'
import { unpackImage } from './unpack-image.ts'

export interface ImageParts {
  /** Of images; the one of packages is another. */
  readonly images: CodeCache
  /** The path of a layer. */
  readonly layerOf: (sha256: string) => Promise<string>
}

/** An image's files, unpacked once and shared by all functions with the same layers. Throws `CannotStart`. */
export async function takeImage(
  { images, layerOf }: ImageParts,
  sandbox: Sandbox,
  image: FunctionImage,
): Promise<UnpackedCode> {
  if (sandbox.prepareImages === undefined) throw needsSandbox()
  await sandbox.prepareImages()
  const name = createHash('sha256').update(image.layers.join('\n')).digest('hex')
  try {
    return await images.takeMade(name, async (folder) =>
      unpackImage(await Promise.all(image.layers.map(layerOf)), folder),
    )
  } catch (error) {
    if (error instanceof TarError || isOfZlib(error)) throw cannotUnpack(error as Error)
    throw error
  }
}

/** The program with its arguments; or the platform's words for why it cannot be started. */
export async function imageArgv(root: string, fn: FunctionVersion, image: FunctionImage): Promise<string[]> {
  const argv = [...image.entryPoint, ...image.command]
  const wrong = await findProgram(root, { argv, directory: image.workingDirectory, path: pathOf(fn, image) })
  if (wrong === undefined) return argv
  throw new CannotStart(wrong.message, (requestId) =>
    platformFailure(requestId, wrong.errorType, wrong.message),
  )
}

function pathOf(fn: FunctionVersion, image: FunctionImage): string {
  return fn.variables.PATH ?? image.variables.PATH ?? DEFAULT_PATH
}

function isOfZlib(error: unknown): boolean {
  return /^(Z_|ERR_ZLIB|ZSTD_|ERR_ZSTD)/.test(String((error as NodeJS.ErrnoException).code ?? ''))
}

function cannotUnpack(error: Error): CannotStart {
  const message = `A layer of the image cannot be unpacked: ${error.message}`
  return new CannotStart(
    message,
    () => ({ kind: 'platform-error', code: 'InvalidRuntimeException', message }),
    {
      cause: error,
    },
  )
}

function needsSandbox(): CannotStart {
  const message =
    'Functions that are container images run in the sandbox of bubblewrap only, which gives them their own root. ' +
    'It is not in use here: `apt-get install bubblewrap` adds it, and `lambdad status` says what else is missing.'
  return new CannotStart(message, () => ({
    kind: 'platform-error',
    code: 'InvalidRuntimeException',
    message,
  }))
}
