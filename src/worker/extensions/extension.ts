import type { Connection } from '../runtime-api/connection.ts'
import { after, type ExtensionEvent, type ExtensionState, STATE_NAMES } from './states.ts'

export type Subscription = 'INVOKE' | 'SHUTDOWN'

/** One extension of one life of a runtime. */
export class Extension {
  readonly name: string
  /** It has a process of its own. An internal one is a part of the runtime's. */
  readonly external: boolean
  /** What it calls itself in requests. */
  readonly id: string
  /** Its number among the supervisor's processes. */
  readonly process: number
  events: readonly Subscription[] = []
  /** As it told, or why it could not be launched. */
  errorType: string | undefined
  /** It is external, and has ended. */
  ended = false
  #state: ExtensionState = 'started'
  #waiting: Connection | undefined

  constructor(name: string, id: string, { process }: { readonly process?: number } = {}) {
    this.name = name
    this.id = id
    this.external = process !== undefined
    this.process = process ?? -1
  }

  get state(): ExtensionState {
    return this.#state
  }

  /** As it is told in `platform.extension`. */
  get record() {
    return {
      name: this.name,
      state: STATE_NAMES[this.#state],
      events: this.events,
      ...(this.errorType === undefined ? {} : { errorType: this.errorType }),
    }
  }

  /** Whether its state allowed that. */
  move(event: ExtensionEvent): boolean {
    const following = after(this.#state, event)
    if (following === undefined) return false
    this.#state = following
    return true
  }

  /** It asks for its next event on this connection. */
  waitOn(connection: Connection): void {
    this.#waiting = connection
  }

  /** Gives it an event, where it waits for one. */
  deliver(answer: string): void {
    const connection = this.#waiting
    this.#waiting = undefined
    connection?.answer(answer)
  }

  hungUp(connection: Connection): void {
    if (this.#waiting === connection) this.#waiting = undefined
  }
}
