import path from 'node:path'
import type { BoundOperation } from '../../aws/operation.ts'
import type { S3Port } from '../../aws/ports/s3.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import { SqlKeptValues } from '../../store/kept-values.ts'
import { ObjectFiles } from './files.ts'
import { createPort } from './port.ts'
import { createS3Operations } from './service.ts'
import { createS3Store } from './store.sql.ts'

export interface S3RoomDeps {
  readonly database: Database
  /** The data folder, in which objects get a folder of their own. */
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** S3, ready to run. */
export interface S3Room {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly port: S3Port
  start(): Promise<void>
  stop(): Promise<void>
}

/** Which folder is this database's: with another database the objects of this one are left alone. */
const FOLDER_VALUE = 's3-folder'

export async function createS3Room(deps: S3RoomDeps): Promise<S3Room> {
  const { database, folder, clock, random, reportFault } = deps
  const store = createS3Store(database)
  const id = await new SqlKeptValues(database).putIfAbsent(FOLDER_VALUE, random.hex(8))
  const files = new ObjectFiles(path.join(folder, 's3', id), random)
  const operationDeps = { store, files, clock, random }
  let sweeping: Promise<void> | undefined
  return {
    operations: createS3Operations(operationDeps),
    port: createPort(operationDeps),
    start: async () => {
      await files.start()
      // Beside the traffic: what is being written is known.
      sweeping = files.sweep((names) => store.filesInUse(names)).catch(reportFault)
    },
    stop: async () => {
      await sweeping
    },
  }
}
