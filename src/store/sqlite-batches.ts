import { type Clock, realClock } from '../base/clock.ts'
import { realRandom } from '../base/random.ts'
import { retry } from '../base/retry.ts'
import { StoreError } from './errors.ts'
import type { Batches } from './group-commit.ts'
import type { SqliteFile } from './sqlite-file.ts'

/** How long another program (somebody's sqlite3 shell) may hold the file's write lock: about 5 s. */
const BUSY = { attempts: 12, baseMs: 50, maxMs: 1000, random: realRandom }

/** The transactions that group commit shares among writers. `clock`: a real one, for the waits on others. */
export function batchesOn(
  writer: Pick<SqliteFile, 'exec' | 'isInTransaction'>,
  clock: Clock = realClock,
): Batches {
  let broken: Error | undefined
  return {
    begin: async () => {
      if (broken !== undefined) throw broken
      await retry(async () => writer.exec('begin immediate'), { ...BUSY, clock, isTransient: isBusy })
    },
    commit: () => writer.exec('commit'),
    rollback: () => {
      try {
        if (writer.isInTransaction) writer.exec('rollback')
      } catch (cause) {
        // What is half done would become part of the next commit.
        broken = new Error('a write could not be undone: the database takes no more until a restart', {
          cause,
        })
      }
    },
    get isOpen() {
      return writer.isInTransaction
    },
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'DatabaseLocked'
}
