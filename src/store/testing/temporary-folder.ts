import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A new folder, removed when the test ends. */
export function temporaryFolder(t: { after(run: () => void): void }): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
