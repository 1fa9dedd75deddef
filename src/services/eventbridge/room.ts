import type { BoundOperation } from '../../aws/operation.ts'
import type { EventsPort } from '../../aws/ports/events.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import { DueLoop } from '../../base/due-loop.ts'
import type { Random } from '../../base/random.ts'
import type { Changes } from '../../store/changes.ts'
import type { Database } from '../../store/database.ts'
import { OutboxRunner } from '../../store/outbox/runner.ts'
import type { BusAddress } from './bus.ts'
import { busAccess } from './bus-access.ts'
import { deliver } from './delivery/deliver.ts'
import { findApiDestination } from './delivery/find-api-destination.ts'
import type { EventBridgeDeps } from './deps.ts'
import { ArchiveExpiry } from './expiry.ts'
import { type Incoming, type IntakeDeps, takeIn } from './intake.ts'
import { createPort } from './port.ts'
import { runReplays } from './replays.ts'
import { BusCache } from './rules-of-bus.ts'
import { runScheduledRules } from './scheduled-rules.ts'
import { createEventBridgeOperations } from './service.ts'
import { createEventBridgeStore } from './store.sql.ts'
import { BUS_CHANGED, busKey } from './topics.ts'

export interface EventBridgeRoomDeps {
  readonly database: Database
  readonly changes: Changes
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** EventBridge, ready to run. */
export interface EventBridgeRoom {
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly port: EventsPort
  /** Goes on with what waits to be delivered, with schedules and replays. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** The room's items in the outbox. */
export const OUTBOX_KIND = 'eventbridge'

export function createEventBridgeRoom(deps: EventBridgeRoomDeps): EventBridgeRoom {
  const { database, changes, switchboard, clock, random, reportFault } = deps
  const store = createEventBridgeStore(database)
  const buses = new BusCache(store)
  const send = {
    switchboard,
    clock,
    random,
    forward: (incoming: Incoming) => take([incoming]),
    accepts: (bus: BusAddress, accountId: string) => busAccess(store, bus, accountId),
    callApi: (arn: string) => findApiDestination(store, arn),
    reportFault,
  }
  const runner = new OutboxRunner({
    database,
    clock,
    random,
    kind: OUTBOX_KIND,
    deliver: (item, signal) => deliver(send, item, signal),
    reportFault,
  })
  const addToOutbox: IntakeDeps['addToOutbox'] = (transaction, items) => runner.add(transaction, items)
  const intake = { buses, clock, change: store.change, addToOutbox }
  const take = (incoming: readonly Incoming[]) => takeIn(intake, incoming)
  const isShared = database.dialect.isShared
  const loops = {
    rule: new DueLoop({
      clock,
      reportFault,
      isShared,
      run: () => runScheduledRules({ store, clock, random, addToOutbox }),
    }),
    replay: new DueLoop({
      clock,
      reportFault,
      isShared,
      run: () => runReplays({ store, clock, takeIn: take }),
    }),
  }
  const expiry = new ArchiveExpiry({ store, clock, reportFault })
  const operationDeps: EventBridgeDeps = {
    store,
    clock,
    random,
    takeIn: take,
    busChanged: (editor, bus) => changes.publish(BUS_CHANGED, busKey(bus), editor.transaction),
    wake: (kind, at) => loops[kind].wakeAt(at),
  }
  const unsubscribe = changes.subscribe(BUS_CHANGED, (key) => buses.forget(key))
  return {
    operations: createEventBridgeOperations(operationDeps),
    port: createPort({ clock, random, takeIn: take, store }),
    start: async () => {
      await runner.start()
      for (const loop of Object.values(loops)) loop.wakeAt(clock.now())
      expiry.start()
    },
    stop: async () => {
      unsubscribe()
      await expiry.stop()
      for (const loop of Object.values(loops)) await loop.stop()
      await runner.stop()
    },
  }
}
