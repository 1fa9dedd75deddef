import { MalformedRequest, parseFields } from './request.ts'

/** What a body became: its bytes, or that they were too many, in which case none is kept. */
export interface Body {
  readonly bytes: Buffer
  readonly tooLarge: boolean
  /** Header fields that came after a chunked body. */
  readonly trailers: ReadonlyMap<string, string>
}

/** Reads one body out of the bytes of a connection. */
export interface BodyReader {
  /** How many of `bytes`, from the start, were of this body; it is `complete` when its last one was. */
  read(bytes: Buffer): number
  readonly complete: Body | undefined
}

const NO_BYTES = Buffer.alloc(0)
const NO_TRAILERS: ReadonlyMap<string, string> = new Map()
export const NO_BODY: Body = { bytes: NO_BYTES, tooLarge: false, trailers: NO_TRAILERS }

/** Takes the bytes of a body as they come: then they are not collected, and have no limit here. */
export type Pass = (piece: Buffer) => void

/** A body of a length that is known. What came in one piece is not copied. */
export class FixedBody implements BodyReader {
  readonly #length: number
  readonly #tooLarge: boolean
  readonly #pass: Pass | undefined
  #collected: Buffer | undefined
  #have = 0
  complete: Body | undefined

  constructor(length: number, limit: number, pass?: Pass) {
    this.#length = length
    this.#pass = pass
    this.#tooLarge = pass === undefined && length > limit
  }

  read(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#length - this.#have)
    const piece = bytes.subarray(0, taken)
    if (this.#pass !== undefined) this.#pass(piece)
    else if (!this.#tooLarge) this.#keep(piece)
    this.#have += taken
    if (this.#have === this.#length) this.#finish()
    return taken
  }

  #keep(piece: Buffer): void {
    if (piece.length === this.#length) {
      this.#collected = piece
      return
    }
    this.#collected ??= Buffer.allocUnsafeSlow(this.#length)
    piece.copy(this.#collected, this.#have)
  }

  #finish(): void {
    this.complete = { bytes: this.#collected ?? NO_BYTES, tooLarge: this.#tooLarge, trailers: NO_TRAILERS }
  }
}

/**
 * The longest line between chunks, extensions and trailers included: a runtime's error in base64 goes there. Go's HTTP
 * server, on which AWS's is built, takes as much.
 */
const LINE_BYTES_MAX = 1024 * 1024

/** A chunked body, with its trailers. Throws `MalformedRequest`. */
export class ChunkedBody implements BodyReader {
  readonly #limit: number
  readonly #pass: Pass | undefined
  readonly #pieces: Buffer[] = []
  readonly #trailers: string[] = []
  #size = 0
  /** Bytes of the present chunk that are to come, its line end included. */
  #left = 0
  #inTrailers = false
  #line = ''
  complete: Body | undefined

  constructor(limit: number, pass?: Pass) {
    this.#limit = limit
    this.#pass = pass
  }

  read(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length && this.complete === undefined) {
      at += this.#left > 0 ? this.#readData(bytes.subarray(at)) : this.#readLine(bytes.subarray(at))
    }
    return at
  }

  #readData(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#left)
    const data = bytes.subarray(0, Math.max(0, Math.min(taken, this.#left - 2)))
    if (data.length > 0) this.#take(data)
    this.#left -= taken
    return taken
  }

  #take(data: Buffer): void {
    if (this.#pass !== undefined) {
      this.#pass(data)
      return
    }
    this.#size += data.length
    if (this.#size > this.#limit) this.#pieces.length = 0
    else this.#pieces.push(data)
  }

  #readLine(bytes: Buffer): number {
    const end = bytes.indexOf(0x0a)
    this.#line += bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
    if (this.#line.length > LINE_BYTES_MAX) throw new MalformedRequest('A line between chunks is too long.')
    if (end < 0) return bytes.length
    const line = this.#line.replace(/\r$/, '')
    this.#line = ''
    if (this.#inTrailers) this.#takeTrailer(line)
    else this.#startChunk(line)
    return end + 1
  }

  #startChunk(line: string): void {
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(;.*)?$/.exec(line)
    if (size === null) throw new MalformedRequest('A chunk has no size.')
    const length = Number.parseInt(size[1] as string, 16)
    if (length === 0) this.#inTrailers = true
    else this.#left = length + 2
  }

  #takeTrailer(line: string): void {
    if (line !== '') {
      if (this.#trailers.length >= 32) throw new MalformedRequest('There are too many trailers.')
      this.#trailers.push(line)
      return
    }
    const tooLarge = this.#size > this.#limit
    this.complete = { bytes: joined(this.#pieces), tooLarge, trailers: parseFields(this.#trailers) }
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}
