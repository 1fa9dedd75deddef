/** A request that is being answered. */
export class Exchange {
  readonly #destroy: () => void
  /** A stream that goes on until somebody ends it. */
  isEndless = false
  #controller: AbortController | undefined
  #isAborted = false

  /** `destroy` cuts off the client. */
  constructor(destroy: () => void) {
    this.#destroy = destroy
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
    this.#destroy()
  }
}
