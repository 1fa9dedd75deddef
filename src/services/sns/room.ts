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
import type { Mail } from './mail.ts'
import { createPort } from './port.ts'
import type { Scope } from './scope.ts'
import { createSnsOperations } from './service.ts'
import { Signer } from './signing/signer.ts'
import { withOptOut } from './sms.ts'
import { createSnsStore } from './store.sql.ts'
import type { SnsStore } from './store.ts'

export interface SnsRoomDeps {
  readonly database: Database
  readonly values: KeptValues
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** What is seen of SNS beside its API. */
export interface SnsDoors {
  /** The certificate by which signatures are verified, as PEM; undefined where the id is none of ours. */
  certificate(id: string): Promise<string | undefined>
  /** E-mails and text messages that nobody carries, the newest first. */
  listMail(scope: Scope, to?: string): Promise<readonly Mail[]>
  clearMail(scope: Scope): Promise<void>
  /** As if STOP had been sent from the number. */
  optOut(scope: Scope, number: string): Promise<void>
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
  const runner = new OutboxRunner({
    database,
    clock,
    random,
    kind: OUTBOX_KIND,
    deliver: (item, signal) =>
      deliver({ switchboard, store, signer, throttle, clock, reportFault }, item, signal),
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
    doors: doorsOf(store, signer),
    start: () => runner.start(),
    stop: () => runner.stop(),
  }
}

function doorsOf(store: SnsStore, signer: Signer): SnsDoors {
  return {
    certificate: (id) => signer.certificate(id),
    listMail: (scope, to) => store.listMail(scope, to),
    clearMail: (scope) => store.change((editor) => editor.clearMail(scope)),
    optOut: (scope, number) =>
      store.change(async (editor) => {
        const settings = await editor.accountSettings(scope)
        await editor.saveAccountSettings(scope, withOptOut(settings, number, true))
      }),
  }
}
