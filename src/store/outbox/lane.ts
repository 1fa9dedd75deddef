import type { Item } from './outbox.ts'

/** The items for one target that this process has taken, and has not delivered yet. */
export class Lane {
  readonly name: string
  readonly isOrdered: boolean
  readonly #atOnce: number
  #waiting: Item[] = []
  #running = 0

  constructor(name: string, options: { readonly isOrdered: boolean; readonly atOnce: number }) {
    this.name = name
    this.isOrdered = options.isOrdered
    this.#atOnce = options.isOrdered ? 1 : options.atOnce
  }

  get isEmpty(): boolean {
    return this.#running === 0 && this.#waiting.length === 0
  }

  get waiting(): number {
    return this.#waiting.length
  }

  push(item: Item): void {
    this.#waiting.push(item)
  }

  /** The next item to deliver now, if the lane may deliver another one. */
  take(): Item | undefined {
    if (this.#running >= this.#atOnce) return undefined
    const item = this.#waiting.shift()
    if (item !== undefined) this.#running++
    return item
  }

  ended(): void {
    this.#running--
  }

  /** All that wait: where order counts, they wait for the one that failed. */
  takeAll(): Item[] {
    const all = this.#waiting
    this.#waiting = []
    return all
  }
}
