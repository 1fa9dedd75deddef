import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'

/** A tree that is laid over those before it. */
export interface Tree {
  readonly folder: string
  /** Whether its files never change, so that they can be shared instead of copied. */
  readonly isFixed: boolean
}

/** Files between two turns of the event loop: some 2 ms of work. */
const FILES_A_TURN = 64

/**
 * Makes `folder` of these trees: of what has the same name the last one counts, and folders are joined. It appears
 * whole, by a rename from a folder beside it, or not at all. Returns the size of its files in bytes.
 */
export async function mergeTrees(trees: readonly Tree[], folder: string): Promise<number> {
  const partial = mkdtempSync(`${folder}.partial-`)
  try {
    let bytes = 0
    for (const tree of trees) bytes += await layOver(tree, partial)
    chmodSync(partial, 0o755)
    renameSync(partial, folder)
    return bytes
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

async function layOver({ folder, isFixed }: Tree, root: string): Promise<number> {
  const put = isFixed ? linkSync : copyFileSync
  const waiting = ['']
  let bytes = 0
  let files = 0
  for (let inside = waiting.pop(); inside !== undefined; inside = waiting.pop()) {
    for (const entry of readdirSync(path.join(folder, inside), { withFileTypes: true })) {
      const name = path.join(inside, entry.name)
      const [source, target] = [path.join(folder, name), path.join(root, name)]
      if (entry.isDirectory()) {
        makeFolder(target, lstatSync(source).mode)
        waiting.push(name)
      } else if (entry.isSymbolicLink()) {
        rmSync(target, { recursive: true, force: true })
        symlinkSync(readlinkSync(source), target)
      } else if (entry.isFile()) {
        rmSync(target, { recursive: true, force: true })
        put(source, target)
        bytes += lstatSync(source).size
      }
      if (++files % FILES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return bytes
}

function makeFolder(target: string, mode: number): void {
  const there = lstatSync(target, { throwIfNoEntry: false })
  if (there?.isDirectory()) return
  if (there !== undefined) rmSync(target)
  mkdirSync(target)
  chmodSync(target, mode & 0o7777)
}
