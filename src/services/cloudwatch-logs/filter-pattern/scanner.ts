import { PatternRegex } from './regex.ts'

/** A text that is no filter pattern; the message is AWS's. */
export class InvalidPattern extends Error {
  constructor(message = 'Invalid filter pattern') {
    super(message)
  }
}

/** Reads a pattern's text from left to right. */
export class Scanner {
  readonly #text: string
  #at = 0
  /** Regular expressions read so far. */
  regexCount = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  peek(): string {
    return this.#text[this.#at] ?? ''
  }

  skipSpace(): void {
    this.match(/\s*/y)
  }

  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  /** `take`, with white space before and after it. */
  takeToken(text: string): boolean {
    this.skipSpace()
    if (!this.take(text)) return false
    this.skipSpace()
    return true
  }

  expectToken(text: string): void {
    if (!this.takeToken(text)) throw new InvalidPattern()
  }

  /** The text that a sticky expression matches here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#at = pattern.lastIndex
    return found[0]
  }

  /** What stands in double quotes, where a backslash makes the next character stand for itself. */
  quoted(): string | undefined {
    const text = this.match(/"(?:[^"\\]|\\.)*"/sy)
    if (text === undefined) {
      if (this.peek() === '"') throw new InvalidPattern()
      return undefined
    }
    return text.slice(1, -1).replace(/\\(.)/gs, '$1')
  }

  /** What stands between percent signs, `\%` being one of its characters. */
  regex(): PatternRegex | undefined {
    const text = this.match(/%(?:[^%\\]|\\.)*%/sy)
    if (text === undefined) {
      if (this.peek() === '%') throw new InvalidPattern()
      return undefined
    }
    const regex = PatternRegex.parse(text.slice(1, -1))
    if (regex === undefined) throw new InvalidPattern(`Invalid character(s) in term '${text}'`)
    this.regexCount++
    return regex
  }
}
