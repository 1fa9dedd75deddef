import { LOG_MESSAGE_BYTES_MAX } from '../wire/log-event.ts'

const NEWLINE = 0x0a
const EMPTY: Buffer = Buffer.alloc(0)

/**
 * Cuts a stream of bytes into log messages at its newlines, which stay at their ends. A line that is longer
 * than one log event may be is cut into several, never inside a UTF-8 sequence; so that
 * never more than that is held. Bytes that are no UTF-8 become U+FFFD.
 */
export class LineSplitter {
  readonly #bytesMax: number
  #held: Buffer = EMPTY
  #heldBytes = 0

  constructor(bytesMax = LOG_MESSAGE_BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  get isHolding(): boolean {
    return this.#heldBytes > 0
  }

  /** The messages that `bytes` completes. What follows the last newline is held back. */
  push(bytes: Uint8Array): string[] {
    const messages: string[] = []
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let newline = chunk.indexOf(NEWLINE)
    if (newline === -1) {
      this.#hold(messages, chunk)
      return messages
    }
    this.#add(messages, this.#joined(chunk.subarray(0, newline + 1)))
    for (;;) {
      const start = newline + 1
      newline = chunk.indexOf(NEWLINE, start)
      if (newline === -1) {
        this.#hold(messages, chunk.subarray(start))
        return messages
      }
      this.#add(messages, chunk.subarray(start, newline + 1))
    }
  }

  /** What is held back, as messages: no newline is going to come. */
  flush(): string[] {
    const messages: string[] = []
    if (this.#heldBytes > 0) this.#add(messages, this.#joined(EMPTY))
    return messages
  }

  /** What is held, and `end` after it. */
  #joined(end: Buffer): Buffer {
    if (this.#heldBytes === 0) return end
    const joined = Buffer.concat([this.#held.subarray(0, this.#heldBytes), end])
    this.#held = EMPTY
    this.#heldBytes = 0
    return joined
  }

  #hold(messages: string[], rest: Buffer): void {
    let all = rest
    if (this.#heldBytes + rest.length > this.#bytesMax) {
      all = this.#joined(rest)
      let start = 0
      while (all.length - start > this.#bytesMax) {
        const end = charBoundary(all, start + this.#bytesMax, start)
        this.#add(messages, all.subarray(start, end))
        start = end
      }
      all = all.subarray(start)
    }
    this.#append(all)
  }

  /** Copies: the writer may use its buffer again. Grows by doubling, for writers of single bytes. */
  #append(bytes: Buffer): void {
    const needed = this.#heldBytes + bytes.length
    if (needed > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#held.length * 2))
      this.#held.copy(larger, 0, 0, this.#heldBytes)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#heldBytes)
    this.#heldBytes = needed
  }

  #add(messages: string[], line: Buffer): void {
    const message = line.toString('utf8')
    // Three bytes of U+FFFD may stand for each byte that is no UTF-8.
    if (line.length * 3 <= this.#bytesMax || Buffer.byteLength(message) <= this.#bytesMax) {
      messages.push(message)
      return
    }
    for (const piece of cutMessage(message, this.#bytesMax)) messages.push(piece)
  }
}

/** `message` in pieces of at most `bytesMax` bytes, cut between characters. */
export function cutMessage(message: string, bytesMax: number): string[] {
  // Three bytes are the most that a unit of UTF-16 takes: nearly all messages need not be looked at.
  if (message !== '' && message.length * 3 <= bytesMax) return [message]
  const bytes = Buffer.from(message)
  const pieces: string[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = charBoundary(bytes, Math.min(bytes.length, start + bytesMax), start)
    pieces.push(bytes.toString('utf8', start, end))
    start = end
  }
  return pieces
}

/** The last place at or before `end`, and after `start`, at which `buffer` can be cut between two characters. */
export function charBoundary(buffer: Buffer, end: number, start = 0): number {
  let at = end
  while (at > start && at > end - 4 && isContinuation(buffer[at])) at--
  return at > start && !isContinuation(buffer[at]) ? at : end
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
