import { AwsError } from '../../aws/error.ts'

/**
 * How many bytes of request bodies are held at a time, over all connections. The limit of one body times the
 * limit of connections would be hundreds of gigabytes: whoever may connect could take all memory.
 */
export class BodyBudget {
  readonly #max: number
  #held = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Throws where there is no room; clients try again. */
  take(bytes: number): void {
    if (this.#held + bytes > this.#max) {
      const message = 'The request has failed due to a temporary failure of the server.'
      throw new AwsError('ServiceUnavailable', message, { status: 503 })
    }
    this.#held += bytes
  }

  giveBack(bytes: number): void {
    this.#held -= bytes
  }
}
