import { opendir, readFile, stat } from 'node:fs/promises'
import type { Compiler } from '../launch-plan.ts'

/** Compiling this much takes some milliseconds; less is not worth a process. */
const SOURCE_BYTES = 64 * 1024

/** Looked at in a folder that has hardly any sources: it is looked at while functions run. */
const ENTRIES_MAX = 5000

/** Whether there is enough in these folders that a compiler would have to do. Ends as soon as that is known. */
export async function isWorthCompiling(
  folders: readonly string[],
  { sources, loadsMuch }: Pick<Compiler, 'sources' | 'loadsMuch'>,
): Promise<boolean> {
  const waiting = [...folders]
  let bytes = 0
  let entries = 0
  for (const folder of waiting) {
    for await (const entry of await opendir(folder).catch(() => [])) {
      if (++entries > ENTRIES_MAX) return false
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) waiting.push(path)
      else if (entry.isFile() && sources.some((end) => entry.name.endsWith(end))) {
        bytes += (await stat(path)).size
        if (bytes >= SOURCE_BYTES) return true
        if (loadsMuch?.test(await readFile(path, 'utf8'))) return true
      }
    }
  }
  return false
}
