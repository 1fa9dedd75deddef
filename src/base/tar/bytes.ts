import { TarError } from './error.ts'

/** Bytes of a stream, taken in the pieces that are asked for. Holds one chunk of the stream at a time. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array()
  #position = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** How many bytes were taken. */
  get position(): number {
    return this.#position
  }

  /** `length` bytes, or undefined where the stream has ended before the first of them. */
  async take(length: number): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = []
    for (let left = length; left > 0; ) {
      const piece = await this.next(left)
      if (piece === undefined && left === length) return undefined
      if (piece === undefined) throw cutOff()
      left -= piece.byteLength
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) left -= (await this.#some(left)).byteLength
  }

  /** The next `length` bytes as they come. */
  async *stream(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = await this.#some(left)
      left -= piece.byteLength
      yield piece
    }
  }

  /** At most `max` bytes; undefined at the end. */
  async next(max: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.byteLength === 0) {
      const { done, value } = await this.#source.next()
      if (done) return undefined
      this.#chunk = value
    }
    const piece = this.#chunk.subarray(0, max)
    this.#chunk = this.#chunk.subarray(piece.byteLength)
    this.#position += piece.byteLength
    return piece
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #some(max: number): Promise<Uint8Array> {
    const piece = await this.next(max)
    if (piece === undefined) throw cutOff()
    return piece
  }
}

function cutOff(): TarError {
  return new TarError('broken', 'the archive is cut off')
}
