import path from 'node:path'
import type { BoundOperation } from '../../aws/operation.ts'
import type { S3Port } from '../../aws/ports/s3.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { WebAccess } from '../../aws/web-access.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import { SqlKeptValues } from '../../store/kept-values.ts'
import type { Leases } from '../../store/leases.ts'
import { OutboxRunner } from '../../store/outbox/runner.ts'
import { createAnnounce } from './announce.ts'
import { deliver } from './deliver.ts'
import { ObjectFiles } from './files.ts'
import { LifecycleRunner } from './lifecycle/runner.ts'
import { createPort } from './port.ts'
import { createS3Operations } from './service.ts'
import { createS3Store } from './store.sql.ts'
import { createWebAccess } from './web-access.ts'

export interface S3RoomDeps {
  readonly database: Database
  readonly leases: Leases
  /** The data folder, in which objects get a folder of their own. */
  readonly folder: string
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** S3, ready to run. */
export interface S3Room {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly port: S3Port
  readonly webAccess: WebAccess
  start(): Promise<void>
  stop(): Promise<void>
}

/** Which folder is this database's: with another database the objects of this one are left alone. */
const FOLDER_VALUE = 's3-folder'

export async function createS3Room(deps: S3RoomDeps): Promise<S3Room> {
  const { database, leases, folder, switchboard, clock, random, reportFault } = deps
  const store = createS3Store(database)
  const id = await new SqlKeptValues(database).putIfAbsent(FOLDER_VALUE, random.hex(8))
  const files = new ObjectFiles(path.join(folder, 's3', id), random)
  const runner = new OutboxRunner({
    database,
    clock,
    random,
    kind: 's3',
    deliver: (item) => deliver({ switchboard, clock, random }, item),
    reportFault,
  })
  const announce = createAnnounce({ clock, add: (transaction, items) => runner.add(transaction, items) })
  const shared = { store, files, clock, random, announce }
  // A data folder is one process's at a time: the next one goes on at once, even after a crash.
  const owner = database.dialect.isShared ? random.uuid() : 'this data folder'
  const lifecycle = new LifecycleRunner({ ...shared, leases, owner, reportFault })
  const operationDeps = { ...shared, switchboard, ageObjects: () => lifecycle.run() }
  let sweeping: Promise<void> | undefined
  return {
    operations: createS3Operations(operationDeps),
    port: createPort(operationDeps),
    webAccess: createWebAccess(operationDeps),
    start: async () => {
      await files.start()
      await runner.start()
      // Beside the traffic: what is being written is known.
      sweeping = files.sweep((names) => store.filesInUse(names)).catch(reportFault)
      lifecycle.start()
    },
    stop: async () => {
      await lifecycle.stop()
      await runner.stop()
      await sweeping
    },
  }
}
