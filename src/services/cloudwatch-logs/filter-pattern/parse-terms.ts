import type { Term, TermsPattern } from './pattern.ts'
import { InvalidPattern, type Scanner } from './scanner.ts'

/** Terms with letters, digits and underscores; anything else wants quotes. */
const BARE_TERM = /^[\p{L}\p{N}_]+$/u

export function parseTerms(scanner: Scanner): TermsPattern {
  const required: Term[] = []
  const excluded: Term[] = []
  const optional: Term[] = []
  for (;;) {
    scanner.skipSpace()
    if (scanner.isAtEnd) return { kind: 'terms', required, excluded, optional }
    if (scanner.take('-')) excluded.push(parseTerm(scanner, '-'))
    else if (scanner.take('?')) optional.push(parseTerm(scanner, '?'))
    else required.push(parseTerm(scanner, ''))
  }
}

function parseTerm(scanner: Scanner, sign: string): Term {
  const special = scanner.quoted() ?? scanner.regex()
  if (special !== undefined) {
    if (special === '') throw new InvalidPattern(`Invalid character(s) in term '""'`)
    return special
  }
  const text = scanner.match(/[^\s"%]+/y) ?? ''
  if (!BARE_TERM.test(text)) throw new InvalidPattern(`Invalid character(s) in term '${sign}${text}'`)
  return text
}
