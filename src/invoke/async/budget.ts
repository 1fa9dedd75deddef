/** What all lanes together may hold in memory. Who finds it used up is called when there is room again. */
export class Budget {
  #entries: number
  #bytes: number
  readonly #waiting = new Set<() => void>()

  constructor(entries: number, bytes: number) {
    this.#entries = entries
    this.#bytes = bytes
  }

  /** As much as there is of what is wanted; undefined where there is nothing. */
  take(entries: number, bytes: number): Share | undefined {
    if (this.#entries <= 0 || this.#bytes <= 0) return undefined
    const share = { entries: Math.min(entries, this.#entries), bytes: Math.min(bytes, this.#bytes) }
    this.#entries -= share.entries
    this.#bytes -= share.bytes
    return share
  }

  /** May be more than was taken before: an entry can exceed the share that it was read for. */
  give({ entries, bytes }: Share): void {
    this.#entries += entries
    this.#bytes += bytes
    const [next] = this.#waiting
    if (next === undefined || this.#entries <= 0 || this.#bytes <= 0) return
    this.#waiting.delete(next)
    next()
  }

  /** Calls `run` once, when there is room; first come, first served. */
  whenRoom(run: () => void): void {
    this.#waiting.add(run)
  }
}

export interface Share {
  readonly entries: number
  readonly bytes: number
}
