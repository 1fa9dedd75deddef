import { LOG_EVENT_OVERHEAD_BYTES, type LogEvent } from '../../wire/log-event.ts'

/**
 * Events are kept in blocks: what came to one stream within a moment, packed into one row. A block's events
 * are in the order of their timestamps, and those of one timestamp in the order in which they came.
 *
 *     version u8 | count u32 | count × (milliseconds after firstAt u32, bytes of the message u32) | messages
 */
export interface Block {
  readonly firstAt: number
  readonly lastAt: number
  /** As CloudWatch Logs counts: the messages in UTF-8, and 26 bytes for each event. */
  readonly storedBytes: number
  readonly packed: Buffer
}

export const BLOCK_VERSION = 1
export const HEADER_BYTES = 5
export const ENTRY_BYTES = 8

/** What one row holds at most, unless a single event is larger: a reader opens many blocks at once. */
export const BLOCK_BYTES_MAX = 256 * 1024
/** No block spans more time, so that a reader who looks for a moment knows how far back it may have begun. */
export const BLOCK_SPAN_MS = 10 * 60_000

/** `events` in as many blocks as the limits ask for. */
export function packBlocks(events: readonly LogEvent[]): Block[] {
  const sorted = isInOrder(events) ? events : events.toSorted((a, b) => a.timestamp - b.timestamp)
  const sizes = sorted.map(({ message }) => Buffer.byteLength(message))
  const blocks: Block[] = []
  let start = 0
  let bytes = 0
  for (const [index, event] of sorted.entries()) {
    const size = sizes[index] ?? 0
    const isFull = bytes + size > BLOCK_BYTES_MAX
    const isLong = event.timestamp - (sorted[start]?.timestamp ?? 0) > BLOCK_SPAN_MS
    if (index > start && (isFull || isLong)) {
      blocks.push(pack(sorted.slice(start, index), sizes.slice(start, index), bytes))
      start = index
      bytes = 0
    }
    bytes += size
  }
  if (start < sorted.length) blocks.push(pack(sorted.slice(start), sizes.slice(start), bytes))
  return blocks
}

function isInOrder(events: readonly LogEvent[]): boolean {
  let last = Number.NEGATIVE_INFINITY
  for (const { timestamp } of events) {
    if (timestamp < last) return false
    last = timestamp
  }
  return true
}

function pack(events: readonly LogEvent[], sizes: readonly number[], bytes: number): Block {
  const firstAt = events[0]?.timestamp ?? 0
  const packed = Buffer.allocUnsafeSlow(HEADER_BYTES + ENTRY_BYTES * events.length + bytes)
  packed.writeUInt8(BLOCK_VERSION, 0)
  packed.writeUInt32LE(events.length, 1)
  let text = HEADER_BYTES + ENTRY_BYTES * events.length
  for (const [index, { timestamp, message }] of events.entries()) {
    const entry = HEADER_BYTES + ENTRY_BYTES * index
    packed.writeUInt32LE(timestamp - firstAt, entry)
    packed.writeUInt32LE(sizes[index] ?? 0, entry + 4)
    text += packed.write(message, text)
  }
  const lastAt = events.at(-1)?.timestamp ?? firstAt
  return { firstAt, lastAt, storedBytes: bytes + LOG_EVENT_OVERHEAD_BYTES * events.length, packed }
}

/** Reads a block without decoding more of it than is asked for. */
export class BlockReader {
  readonly count: number
  readonly #packed: Buffer
  readonly #firstAt: number
  readonly #starts: Uint32Array

  constructor(firstAt: number, packed: Uint8Array) {
    this.#packed = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
    if (this.#packed[0] !== BLOCK_VERSION) throw new Error(`log block of unknown version ${this.#packed[0]}`)
    this.#firstAt = firstAt
    this.count = this.#packed.readUInt32LE(1)
    this.#starts = new Uint32Array(this.count + 1)
    let start = HEADER_BYTES + ENTRY_BYTES * this.count
    for (let index = 0; index <= this.count; index++) {
      this.#starts[index] = start
      if (index < this.count) start += this.#packed.readUInt32LE(HEADER_BYTES + ENTRY_BYTES * index + 4)
    }
  }

  timestamp(index: number): number {
    return this.#firstAt + this.#packed.readUInt32LE(HEADER_BYTES + ENTRY_BYTES * index)
  }

  message(index: number): string {
    return this.#packed.toString('utf8', this.#starts[index], this.#starts[index + 1])
  }
}
