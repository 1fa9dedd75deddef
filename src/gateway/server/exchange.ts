import type { Outgoing } from './outgoing.ts'

/** A request that is being answered. */
export class Exchange {
  readonly outgoing: Outgoing
  /** A stream that goes on until somebody ends it. */
  isEndless = false
  #controller: AbortController | undefined
  #isAborted = false

  constructor(outgoing: Outgoing) {
    this.outgoing = outgoing
  }

  /** Aborts when the client goes away. Made when it is asked for: most operations never look. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isAborted) this.#controller.abort()
    }
    return this.#controller.signal
  }

  abort(): void {
    this.#isAborted = true
    this.#controller?.abort()
  }

  /** Ends it, answered or not. */
  cut(): void {
    this.abort()
    this.outgoing.destroy()
  }
}
