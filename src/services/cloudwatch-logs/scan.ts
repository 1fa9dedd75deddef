import { BlockReader } from './block.ts'
import { Heap } from './heap.ts'
import { comparePositions, type Position } from './position.ts'
import type { BlockQuery, Direction, LogStore, StoredBlock } from './store.ts'

export interface Scan extends Omit<BlockQuery, 'after' | 'limit'> {
  /** Events beyond this one, in the scan's direction. */
  readonly after?: Position | undefined
}

export interface ScannedEvent extends Position {
  readonly streamId: number
  readonly ingestedAt: number
  readonly message: string
}

/** Blocks that are fetched with one query; with their size, what a reader holds in memory. */
const BLOCKS_PER_QUERY = 64
/** What is read, in characters, before others get their turn; an event counts for some of them. */
const WORK_PER_TURN = 500_000
const EVENT_WORK = 200

/**
 * Visits the events of a range in their order, or backwards, until `visit` says to stop. Blocks overlap, as
 * streams do: those that reach the current moment are open at once, and a heap says whose event is next.
 */
export async function scanEvents(
  store: LogStore,
  scan: Scan,
  visit: (event: ScannedEvent) => 'more' | 'stop',
): Promise<void> {
  const isForward = scan.direction === 'forward'
  const open = new Heap<Cursor>((a, b) => comparePositions(a, b) < 0 === isForward)
  const blocks = new BlockPages(store, narrowed(scan))
  let work = 0
  for (;;) {
    let next = blocks.next ?? (await blocks.fetch())
    while (next !== undefined && begins(next, open.first, isForward)) {
      const cursor = new Cursor(next, scan)
      if (cursor.isOnEvent) open.push(cursor)
      blocks.shift()
      next = blocks.next ?? (await blocks.fetch())
    }
    const first = open.first
    if (first === undefined) return
    const event = first.event()
    if (visit(event) === 'stop') return
    work += event.message.length + EVENT_WORK
    if (work > WORK_PER_TURN) {
      work = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
    first.advance()
    if (first.isOnEvent) open.sinkFirst()
    else open.pop()
  }
}

/** Whether the block may hold an event before, or beside, that of `first`. */
function begins(block: StoredBlock, first: Cursor | undefined, isForward: boolean): boolean {
  if (first === undefined) return true
  return isForward ? block.firstAt <= first.timestamp : block.lastAt >= first.timestamp
}

/** What lies before the position in the scan's direction needs no reading. */
function narrowed(scan: Scan): Scan {
  if (scan.after === undefined) return scan
  const { timestamp } = scan.after
  if (scan.direction === 'forward') return { ...scan, from: Math.max(scan.from, timestamp) }
  return { ...scan, to: Math.min(scan.to, timestamp) }
}

class BlockPages {
  readonly #store: LogStore
  readonly #query: Omit<BlockQuery, 'limit'>
  #page: StoredBlock[] = []
  #at = 0
  #last: StoredBlock | undefined
  #isLastPage = false

  constructor(store: LogStore, { after: _, ...query }: Scan) {
    this.#store = store
    this.#query = query
  }

  get next(): StoredBlock | undefined {
    return this.#page[this.#at]
  }

  shift(): void {
    this.#at++
  }

  async fetch(): Promise<StoredBlock | undefined> {
    if (this.#isLastPage) return undefined
    this.#page = await this.#store.readBlocks({
      ...this.#query,
      after: this.#last,
      limit: BLOCKS_PER_QUERY,
    })
    this.#at = 0
    this.#isLastPage = this.#page.length < BLOCKS_PER_QUERY
    this.#last = this.#page.at(-1)
    return this.#page[0]
  }
}

/** An open block, on one of the scan's events or past them. */
class Cursor implements Position {
  readonly block: number
  readonly #stored: StoredBlock
  readonly #reader: BlockReader
  readonly #scan: Scan
  readonly #step: 1 | -1
  index: number
  timestamp = 0

  constructor(stored: StoredBlock, scan: Scan) {
    this.block = stored.id
    this.#stored = stored
    this.#reader = new BlockReader(stored.firstAt, stored.packed)
    this.#scan = scan
    this.#step = stepOf(scan.direction)
    this.index = this.#step === 1 ? 0 : this.#reader.count - 1
    this.#settle()
  }

  get isOnEvent(): boolean {
    return this.index >= 0 && this.index < this.#reader.count
  }

  advance(): void {
    this.index += this.#step
    this.#settle()
  }

  event(): ScannedEvent {
    const { timestamp, block, index } = this
    const { streamId, ingestedAt } = this.#stored
    return { timestamp, block, index, streamId, ingestedAt, message: this.#reader.message(index) }
  }

  /** Moves on to the next event that the scan asks for. */
  #settle(): void {
    for (; this.isOnEvent; this.index += this.#step) {
      this.timestamp = this.#reader.timestamp(this.index)
      if (this.#isWanted()) return
    }
  }

  #isWanted(): boolean {
    const { from, to, after } = this.#scan
    if (this.timestamp < from || this.timestamp > to) return false
    return after === undefined || comparePositions(this, after) * this.#step > 0
  }
}

function stepOf(direction: Direction): 1 | -1 {
  return direction === 'forward' ? 1 : -1
}
