import type { PlatformEvent } from '../../wire/platform-event.ts'
import { addExternalTo } from '../environment/beside.ts'
import type { Runtime } from '../environment/runtime.ts'
import type { ShutdownReason } from '../extensions/answers.ts'
import { Companions, type CompanionsParts } from '../extensions/companions.ts'
import type { ExternalExtension } from '../extensions/external.ts'
import type { Exit } from '../launcher/protocol.ts'
import type { Body } from '../runtime-api/body.ts'
import type { Connection, Reply } from '../runtime-api/connection.ts'
import type { RequestHead } from '../runtime-api/request.ts'

export interface BesideParts extends CompanionsParts {
  /** The runtime has asked for an event: nobody joins any more. */
  readonly isClosed: () => boolean
}

/**
 * What runs beside the runtime of an environment on managed instances, and who listens to it; made for the first that
 * does. Extensions hear of no invocation there, only of the end (Developer Guide, "Lambda extensions API").
 */
export class Beside {
  readonly #parts: BesideParts
  #companions: Companions | undefined
  #initStart: PlatformEvent | undefined

  constructor(parts: BesideParts) {
    this.#parts = parts
  }

  get companions(): Companions | undefined {
    return this.#companions
  }

  /** Whether an extension has not said yet that it is ready. */
  get areBusy(): boolean {
    return this.#companions?.extensions.areBusy ?? false
  }

  answer(connection: Connection, head: RequestHead, body: Body): Reply {
    return this.#made().answer(connection, head, body)
  }

  /** @throws CannotStart for the first that cannot be started */
  external(found: readonly ExternalExtension[]): void {
    addExternalTo(this.#made(), found)
  }

  /** Something was told of the environment. */
  event(event: PlatformEvent): void {
    if (event.type === 'platform.initStart') this.#initStart = event
    this.#companions?.subscriptions.event(event)
  }

  started(runtime: Runtime, onEnded: (exit: Exit & { outOfMemory: boolean }) => void): void {
    if (runtime.supervisor === undefined) return
    this.#companions?.extensions.started(runtime.supervisor, (exit) =>
      onEnded({ ...exit, outOfMemory: runtime.isOutOfMemory(exit) }),
    )
  }

  /** The runtime has asked for its first event. */
  close(): void {
    this.#companions?.extensions.closeRegistration()
    this.#companions?.subscriptions.close()
  }

  closed(connection: Connection): void {
    this.#companions?.extensions.closed(connection)
  }

  /** Gives all time to end, where there are extensions. */
  async shutDown(runtime: Runtime, reason: ShutdownReason): Promise<void> {
    if (this.#companions === undefined) return
    const { extensions, subscriptions } = this.#companions
    await extensions.shutDown(runtime, reason, subscriptions.flush())
    subscriptions.stop()
  }

  #made(): Companions {
    if (this.#companions === undefined) {
      this.#companions = new Companions(this.#parts, { closed: this.#parts.isClosed() })
      if (this.#initStart !== undefined) this.#companions.subscriptions.event(this.#initStart)
    }
    return this.#companions
  }
}
