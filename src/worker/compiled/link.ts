import { readFileSync, symlinkSync } from 'node:fs'

/** The file with the name of the folder that Node looks for: `v24.21.0-x64-964aae3f-2000000001`. */
const LINK = 'link'

/** Ends with the user's id. */
const NAME = /^v[\w.]+-[\w-]*?(\d+)$/

/**
 * Node looks for what it compiled in a folder that has its version's name and its user's. Environments have users of
 * their own, and share the files: each user gets a link to them. Where that fails, Node compiles as ever.
 */
export function linkFor(folder: string, uid: number | undefined): void {
  try {
    const name = readFileSync(`${folder}/${LINK}`, 'utf8')
    if (!NAME.test(name)) return
    symlinkSync('.', `${folder}/${uid === undefined ? name : name.replace(/\d+$/, String(uid))}`)
  } catch {
    // It is there, or it is no Node's, or the disk is full.
  }
}
