/** A longer line is told in pieces, so that no more than this is held. */
const LINE_BYTES_MAX = 64 * 1024

/** Cuts output into lines, which are told without their ends. */
export class Lines {
  readonly #tell: (line: string) => void
  #held: Buffer = Buffer.alloc(0)

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  push(bytes: Uint8Array): void {
    let rest = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes])
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      this.#tell(rest.toString('utf8', 0, end))
      rest = rest.subarray(end + 1)
    }
    while (rest.length > LINE_BYTES_MAX) {
      this.#tell(rest.toString('utf8', 0, LINE_BYTES_MAX))
      rest = rest.subarray(LINE_BYTES_MAX)
    }
    this.#held = rest
  }

  /** What has no newline is a line now. */
  flush(): void {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    if (rest.length > 0) this.#tell(rest.toString())
  }
}
