import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { SqliteFile } from './sqlite-file.ts'

/**
 * Copies the database, as it is now, into a folder beside it: `backup-0003-logs-20261121T083000000Z/`. Copies are
 * the operator's to delete. Returns the copy's path.
 */
export function copyDatabase(database: SqliteFile, file: string, from: string, clock: Clock): string {
  const time = new Date(clock.now()).toISOString().replaceAll(/[-:.]/g, '')
  const folder = path.join(path.dirname(file), `backup-${from}-${time}`)
  const copy = path.join(folder, path.basename(file))
  mkdirSync(folder, { mode: 0o700 })
  try {
    database.exec(`vacuum into '${copy.replaceAll("'", "''")}'`)
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  return copy
}
