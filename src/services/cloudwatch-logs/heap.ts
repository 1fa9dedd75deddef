/** A binary heap: the first of many by `isBefore`, with the next one after it in logarithmic time. */
export class Heap<Item> {
  readonly #items: Item[] = []
  readonly #isBefore: (a: Item, b: Item) => boolean

  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore
  }

  get first(): Item | undefined {
    return this.#items[0]
  }

  push(item: Item): void {
    this.#items.push(item)
    let at = this.#items.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBefore(at, parent)) return
      at = parent
    }
  }

  pop(): Item | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (this.#items.length > 0 && last !== undefined) {
      this.#items[0] = last
      this.sinkFirst()
    }
    return first
  }

  /** Puts the first item where it belongs, after it changed. */
  sinkFirst(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let next = at
      if (this.#comesBefore(left, next)) next = left
      if (this.#comesBefore(right, next)) next = right
      if (next === at || !this.#swapIfBefore(next, at)) return
      at = next
    }
  }

  #comesBefore(a: number, b: number): boolean {
    const one = this.#items[a]
    const other = this.#items[b]
    return one !== undefined && other !== undefined && this.#isBefore(one, other)
  }

  #swapIfBefore(a: number, b: number): boolean {
    const one = this.#items[a]
    const other = this.#items[b]
    if (one === undefined || other === undefined || !this.#isBefore(one, other)) return false
    this.#items[a] = other
    this.#items[b] = one
    return true
  }
}
