import type { BoundOperation } from '../../aws/operation.ts'
import type { SnsPort } from '../../aws/ports/sns.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import type { KeptValues } from '../../store/kept-values.ts'
import { OutboxRunner } from '../../store/outbox/runner.ts'
import { deliver } from './delivery/deliver.ts'
import { isOrdered } from './delivery/delivery.ts'
import { Throttle } from './delivery/throttle.ts'
import type { SnsDeps } from './deps.ts'
import { createDoors, type SnsDoors } from './doors.ts'
import { createPort } from './port.ts'
import { createSnsOperations } from './service.ts'
import { Signer } from './signing/signer.ts'
import { createSnsStore } from './store.sql.ts'

export interface SnsRoomDeps {
  readonly database: Database
  readonly values: KeptValues
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** SNS, ready to run. */
export interface SnsRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly port: SnsPort
  readonly doors: SnsDoors
  /** Goes on with what waits to be delivered. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** The room's items in the outbox. */
const OUTBOX_KIND = 'sns'

export function createSnsRoom(given: SnsRoomDeps): SnsRoom {
  const { database, values, switchboard, clock, random, reportFault } = given
  const store = createSnsStore(database)
  const signer = new Signer({ values, clock, random })
  const throttle = new Throttle(clock)
  const logStream = random.uuid()
  const delivering = { switchboard, store, signer, throttle, clock, random, logStream, reportFault }
  const runner = new OutboxRunner({
    database,
    clock,
    random,
    kind: OUTBOX_KIND,
    deliver: (item, signal) => deliver(delivering, item, signal),
    isOrdered,
    reportFault,
  })
  const deps: SnsDeps = {
    store,
    clock,
    random,
    addToOutbox: (transaction, items) => runner.add(transaction, items),
  }
  return {
    operations: createSnsOperations(deps),
    port: createPort(deps),
    doors: createDoors(store, signer),
    start: () => runner.start(),
    stop: () => runner.stop(),
  }
}
