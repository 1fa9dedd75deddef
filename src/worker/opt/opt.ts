import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { CodeCache, UnpackedCode } from '../code/code-cache.ts'
import { mergeTrees, type Tree } from './merge.ts'

export interface OptParts {
  readonly code: CodeCache
  /** The path of a layer's zip. */
  readonly layerOf: (sha256: string) => Promise<string>
  /** A folder that lies below the layers. */
  readonly optOf?: (fn: FunctionVersion) => Promise<string | undefined>
}

/**
 * What a function finds at /opt: its layers over one another, the last one on top, and below them what all functions
 * are given (`--opt`). Undefined where there is neither. Each layer is unpacked once, and each stack of them is made
 * once, of links to the layers' files. Throws unpackZip's errors.
 */
export async function takeOpt(parts: OptParts, fn: FunctionVersion): Promise<UnpackedCode | undefined> {
  const given = await parts.optOf?.(fn)
  const { layers = [] } = fn
  const [only] = layers
  if (only === undefined) return given === undefined ? undefined : { folder: given, release: () => {} }
  if (given === undefined && layers.length === 1) return takeLayer(parts, only)
  return takeStack(parts, layers, given)
}

function takeLayer({ code, layerOf }: OptParts, sha256: string): Promise<UnpackedCode> {
  return code.take(sha256, () => layerOf(sha256))
}

async function takeStack(
  parts: OptParts,
  layers: readonly string[],
  given: string | undefined,
): Promise<UnpackedCode> {
  const below = given === undefined ? [] : [given, await stateOf(given)]
  const name = createHash('sha256')
    .update(JSON.stringify(['opt', below, layers]))
    .digest('hex')
  return parts.code.takeMade(name, async (folder) => {
    const taken: UnpackedCode[] = []
    try {
      for (const sha256 of layers) taken.push(await takeLayer(parts, sha256))
      const trees: Tree[] = taken.map((layer) => ({ folder: layer.folder, isFixed: true }))
      if (given !== undefined) trees.unshift({ folder: given, isFixed: false })
      return await mergeTrees(trees, folder)
    } finally {
      for (const layer of taken) layer.release()
    }
  })
}

/** Changes when anything in the folder does: it is somebody's own, who may edit it while lambdad runs. */
async function stateOf(folder: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const file = `${entry.parentPath}/${entry.name}`
    const { mtimeMs, ctimeMs, size, ino } = await lstat(file)
    hash.update(JSON.stringify([file, mtimeMs, ctimeMs, size, ino]))
  }
  return hash.digest('hex')
}
