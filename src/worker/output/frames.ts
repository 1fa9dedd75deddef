import type { LogRecord } from '../../wire/worker.ts'

/**
 * The framed log channel, as runtimes write it: 4 bytes of type, 4 of length, 8 of time in microseconds, then
 * the text; all big-endian. Source: AWS's runtime interface clients for Python, Java and Node.
 */
const HEADER_BYTES = 16
const TEXT = 0xa55a_0003
const JSON_TEXT = 0xa55a_0002

/** The bits of the type that say the level. */
const LEVEL_BITS = 0x1c
const LEVELS: Readonly<Record<number, LogRecord['level']>> = {
  4: 'TRACE',
  8: 'DEBUG',
  12: 'INFO',
  16: 'WARN',
  20: 'ERROR',
  24: 'FATAL',
}

/** A frame of any size would have to be held in memory; CloudWatch takes events of 1 MB. */
export const FRAME_BYTES_MAX = 1024 * 1024

/**
 * Cuts the bytes of the channel into log events. What is no frame (a function may write to the descriptor, too)
 * goes to `stray`: output it is, all the same.
 */
export class FrameDecoder {
  readonly #record: (record: LogRecord) => void
  readonly #stray: (bytes: Uint8Array) => void
  #pending: Buffer = Buffer.alloc(0)

  constructor(record: (record: LogRecord) => void, stray: (bytes: Uint8Array) => void) {
    this.#record = record
    this.#stray = stray
  }

  /** Keeps `bytes`: their writer does not use them again. */
  push(bytes: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? asBuffer(bytes) : Buffer.concat([this.#pending, bytes])
    let at = 0
    while (this.#pending.length - at >= HEADER_BYTES) {
      const length = this.#frameLength(at)
      if (length === undefined) {
        this.#giveUp(at)
        return
      }
      if (this.#pending.length - at < HEADER_BYTES + length) break
      this.#record(this.#recordAt(at, length))
      at += HEADER_BYTES + length
    }
    this.#pending = this.#pending.subarray(at)
  }

  /** A frame that its writer did not finish. */
  end(): void {
    if (this.#pending.length > 0) this.#giveUp(0)
  }

  #frameLength(at: number): number | undefined {
    const type = this.#pending.readUInt32BE(at)
    const kind = (type & ~LEVEL_BITS) >>> 0
    // The bits of both kinds lie outside the level's.
    if (kind !== TEXT && kind !== JSON_TEXT) return undefined
    const length = this.#pending.readUInt32BE(at + 4)
    return length <= FRAME_BYTES_MAX ? length : undefined
  }

  #recordAt(at: number, length: number): LogRecord {
    const type = this.#pending.readUInt32BE(at)
    const start = at + HEADER_BYTES
    return {
      timestamp: Number(this.#pending.readBigUInt64BE(at + 8) / 1000n),
      level: LEVELS[type & LEVEL_BITS],
      format: (type & ~LEVEL_BITS) >>> 0 === TEXT ? 'Text' : 'JSON',
      text: this.#pending.toString('utf8', start, start + length),
    }
  }

  #giveUp(at: number): void {
    this.#stray(this.#pending.subarray(at))
    this.#pending = Buffer.alloc(0)
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
