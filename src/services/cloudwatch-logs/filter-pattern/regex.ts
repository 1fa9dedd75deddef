/**
 * The regular expressions of filter patterns: one atom after the other with quantifiers, alternatives, anchors,
 * no groups. They come from callers, so they run on a matcher of their own that reads each character once for
 * each state, where JavaScript's could backtrack for years.
 */
export class PatternRegex {
  readonly #alternatives: readonly Sequence[]

  private constructor(alternatives: readonly Sequence[]) {
    this.#alternatives = alternatives
  }

  /** Undefined where `source` is outside the language (User Guide, "Supported regular expressions syntax"). */
  static parse(source: string): PatternRegex | undefined {
    if (source === '' || !/^[A-Za-z0-9:_#=@/;,\-^$?[\]{}|\\*+. ]+$/.test(source)) return undefined
    const alternatives: Sequence[] = []
    for (const part of splitAlternatives(source)) {
      const sequence = parseSequence(part)
      if (sequence === undefined) return undefined
      alternatives.push(sequence)
    }
    return new PatternRegex(alternatives)
  }

  /** Whether it matches anywhere in `text`. */
  test(text: string): boolean {
    return this.#alternatives.some((sequence) => matchesSomewhere(sequence, text))
  }
}

type CharTest = (code: number) => boolean

interface State {
  readonly accepts: CharTest
  readonly isOptional: boolean
  readonly repeats: boolean
}

interface Sequence {
  readonly states: readonly State[]
  readonly fromStart: boolean
  readonly toEnd: boolean
}

/** `a{3,5}` stands for five states. Each costs a step a character, so a line of 1 MB bounds how many there may be. */
const STATES_MAX = 250

/** At the bars that are neither escaped nor in a class. */
function splitAlternatives(source: string): string[] {
  const parts: string[] = []
  let part = ''
  let isInClass = false
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? ''
    if (char === '\\') {
      part += char + (source[++at] ?? '')
      continue
    }
    if (char === '[') isInClass = true
    if (char === ']') isInClass = false
    if (char === '|' && !isInClass) {
      parts.push(part)
      part = ''
    } else part += char
  }
  return [...parts, part]
}

function parseSequence(source: string): Sequence | undefined {
  const reader = new Reader(source)
  const fromStart = reader.take('^')
  const states: State[] = []
  let toEnd = false
  while (!reader.isAtEnd) {
    if (toEnd) return undefined
    if (reader.take('$')) {
      toEnd = true
      continue
    }
    const accepts = parseAtom(reader)
    const range = accepts && parseQuantifier(reader)
    if (accepts === undefined || range === undefined) return undefined
    const { min, max } = range
    const count = Math.max(min, max === undefined ? min + 1 : max)
    if (states.length + count > STATES_MAX) return undefined
    for (let index = 0; index < count; index++) {
      const repeats = max === undefined && index === count - 1
      states.push({ accepts, isOptional: index >= min, repeats })
    }
  }
  return { states, fromStart, toEnd }
}

class Reader {
  readonly source: string
  at = 0

  constructor(source: string) {
    this.source = source
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length
  }

  next(): string {
    return this.source[this.at++] ?? ''
  }

  take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (found !== null) this.at = pattern.lastIndex
    return found ?? undefined
  }
}

function parseAtom(reader: Reader): CharTest | undefined {
  const char = reader.next()
  if (char === '.') return () => true
  if (char === '[') return parseClass(reader)
  if (char === '\\') return parseEscape(reader)
  if ('*+?{}]^'.includes(char)) return undefined
  return is(char.charCodeAt(0))
}

function parseEscape(reader: Reader): CharTest | undefined {
  const hex = reader.match(/x([0-9A-Fa-f]{2})/y)
  if (hex !== undefined) return is(Number.parseInt(hex[1] ?? '', 16))
  const char = reader.next()
  const known = CLASSES[char]
  if (known !== undefined) return known
  // Letters and digits that mean nothing here mean something elsewhere: better refused than misread.
  return char === '' || /[A-Za-z0-9]/.test(char) ? undefined : is(char.charCodeAt(0))
}

const CLASSES: Readonly<Record<string, CharTest>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  s: isSpace,
  S: (code) => !isSpace(code),
  w: isWord,
  W: (code) => !isWord(code),
}

function parseClass(reader: Reader): CharTest | undefined {
  const isNegated = reader.take('^')
  const tests: CharTest[] = []
  while (!reader.take(']')) {
    if (reader.isAtEnd) return undefined
    const test = parseClassMember(reader)
    if (test === undefined) return undefined
    tests.push(test)
  }
  if (tests.length === 0) return undefined
  return (code) => tests.some((test) => test(code)) !== isNegated
}

function parseClassMember(reader: Reader): CharTest | undefined {
  if (reader.take('\\')) return parseEscape(reader)
  const range = reader.match(/([^\\])-([^\]\\])/y)
  if (range === undefined) return is(reader.next().charCodeAt(0))
  const [from, to] = [range[1]?.charCodeAt(0) ?? 0, range[2]?.charCodeAt(0) ?? 0]
  return from > to ? undefined : (code) => code >= from && code <= to
}

function parseQuantifier(reader: Reader): { min: number; max: number | undefined } | undefined {
  if (reader.take('*')) return { min: 0, max: undefined }
  if (reader.take('+')) return { min: 1, max: undefined }
  if (reader.take('?')) return { min: 0, max: 1 }
  if (!reader.take('{')) return { min: 1, max: 1 }
  const counts = reader.match(/(\d{1,4})(,(\d{1,4})?)?\}/y)
  if (counts === undefined) return undefined
  const min = Number(counts[1])
  if (counts[2] === undefined) return { min, max: min }
  const max = counts[3] === undefined ? undefined : Number(counts[3])
  return max !== undefined && max < min ? undefined : { min, max }
}

function is(wanted: number): CharTest {
  return (code) => code === wanted
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

function isWord(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f
}

/** Runs all ways of matching side by side: `live[n]` says that states before n have been passed. */
function matchesSomewhere({ states, fromStart, toEnd }: Sequence, text: string): boolean {
  let live = new Uint8Array(states.length + 1)
  let next = new Uint8Array(states.length + 1)
  for (let at = 0; ; at++) {
    if (at === 0 || !fromStart) live[0] = 1
    let isAlive = passOptional(states, live)
    if (live[states.length] === 1 && (!toEnd || isAtLineEnd(text, at))) return true
    if (at >= text.length || (!isAlive && fromStart)) return false
    const code = text.charCodeAt(at)
    next.fill(0)
    for (let index = 0; index < states.length; index++) {
      const state = states[index]
      if (live[index] === 0 || state === undefined || !state.accepts(code)) continue
      next[state.repeats ? index : index + 1] = 1
      if (state.repeats) next[index + 1] = 1
    }
    isAlive = false
    ;[live, next] = [next, live]
  }
}

function passOptional(states: readonly State[], live: Uint8Array): boolean {
  let isAlive = false
  for (let index = 0; index < states.length; index++) {
    if (live[index] === 0) continue
    isAlive = true
    if (states[index]?.isOptional) live[index + 1] = 1
  }
  return isAlive
}

/** A message's last newline is not part of what `$` looks at. */
function isAtLineEnd(text: string, at: number): boolean {
  return at === text.length || (at === text.length - 1 && text[at] === '\n')
}
