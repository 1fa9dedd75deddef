/** Does together what is asked for one by one while the last of it is being done. */
export class Gather<Item> {
  readonly #work: (items: readonly Item[]) => Promise<void>
  #items: Item[] = []
  /** Of those that wait. */
  #next: Promise<void> | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(work: (items: readonly Item[]) => Promise<void>) {
    this.#work = work
  }

  /** Settles as the work does of which the item is part. */
  add(item: Item): Promise<void> {
    this.#items.push(item)
    this.#next ??= this.#workAfter(this.#running)
    return this.#next
  }

  async #workAfter(running: Promise<unknown>): Promise<void> {
    await running
    const items = this.#items
    this.#items = []
    this.#next = undefined
    const work = this.#work(items)
    this.#running = work.catch(() => undefined)
    return work
  }
}
