import { LOG_EVENT_OVERHEAD_BYTES, type LogEvent } from '../../wire/log-event.ts'
import {
  BLOCK_BYTES_MAX,
  BLOCK_SPAN_MS,
  BLOCK_VERSION,
  type Block,
  BlockReader,
  ENTRY_BYTES,
  HEADER_BYTES,
  packBlocks,
} from './block.ts'

const FIRST_BYTES = 1024
/** What a character of UTF-16 may take in UTF-8. */
const BYTES_PER_CHARACTER_MAX = 3

/**
 * Blocks that are written as events come. Texts that wait for a flush would outlive several turns of the garbage
 * collector, which copies all that lives: a warm Invoke has three lines, and bytes are not looked at.
 */
export class BlockWriter {
  readonly #done: Block[] = []
  #text = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #bytes = 0
  #timestamps: number[] = []
  #sizes: number[] = []
  #lastAt = Number.NEGATIVE_INFINITY
  /** All events, from the first on that came out of order: hardly ever needed. */
  #unordered: LogEvent[] | undefined
  /** Events, so far. */
  count = 0

  add(event: LogEvent): void {
    this.count++
    if (event.timestamp < this.#lastAt) this.#unordered ??= eventsOf(this.blocks())
    if (this.#unordered === undefined) this.#write(event)
    else this.#unordered.push(event)
  }

  blocks(): readonly Block[] {
    if (this.#unordered !== undefined) return packBlocks(this.#unordered)
    this.#endBlock(0)
    return this.#done
  }

  #write({ timestamp, message }: LogEvent): void {
    const mostBytes = message.length * BYTES_PER_CHARACTER_MAX
    if (this.#bytes + mostBytes > this.#text.length) this.#grow(mostBytes)
    const size = this.#text.write(message, this.#bytes)
    const isFull = this.#bytes + size > BLOCK_BYTES_MAX
    const isLong = timestamp - (this.#timestamps[0] ?? timestamp) > BLOCK_SPAN_MS
    if (isFull || isLong) this.#endBlock(size)
    this.#timestamps.push(timestamp)
    this.#sizes.push(size)
    this.#bytes += size
    this.#lastAt = timestamp
  }

  /** What was added makes a block; `written` bytes behind it belong to the next. */
  #endBlock(written: number): void {
    if (this.#timestamps.length === 0) return
    const rest = this.#text.subarray(this.#bytes, this.#bytes + written)
    this.#done.push(this.#pack())
    rest.copy(this.#text, 0)
    this.#bytes = 0
    this.#timestamps = []
    this.#sizes = []
  }

  #pack(): Block {
    const count = this.#timestamps.length
    const firstAt = this.#timestamps[0] as number
    const packed = Buffer.allocUnsafeSlow(HEADER_BYTES + ENTRY_BYTES * count + this.#bytes)
    packed.writeUInt8(BLOCK_VERSION, 0)
    packed.writeUInt32LE(count, 1)
    for (let index = 0; index < count; index++) {
      const entry = HEADER_BYTES + ENTRY_BYTES * index
      packed.writeUInt32LE((this.#timestamps[index] as number) - firstAt, entry)
      packed.writeUInt32LE(this.#sizes[index] as number, entry + 4)
    }
    this.#text.copy(packed, HEADER_BYTES + ENTRY_BYTES * count, 0, this.#bytes)
    return {
      firstAt,
      lastAt: this.#lastAt,
      storedBytes: this.#bytes + LOG_EVENT_OVERHEAD_BYTES * count,
      packed,
    }
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes + bytes, this.#text.length * 2))
    this.#text.copy(larger, 0, 0, this.#bytes)
    this.#text = larger
  }
}

function eventsOf(blocks: readonly Block[]): LogEvent[] {
  return blocks.flatMap(({ firstAt, packed }) => {
    const reader = new BlockReader(firstAt, packed)
    return Array.from({ length: reader.count }, (_, index) => ({
      timestamp: reader.timestamp(index),
      message: reader.message(index),
    }))
  })
}
