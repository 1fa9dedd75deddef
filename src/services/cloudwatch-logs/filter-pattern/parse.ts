import { parseColumns } from './parse-columns.ts'
import { parseJsonCondition } from './parse-condition.ts'
import { parseTerms } from './parse-terms.ts'
import type { FilterPattern } from './pattern.ts'
import { InvalidPattern, Scanner } from './scanner.ts'

/** Regular expressions in one pattern, AWS's limit. */
const REGEXES_MAX = 2

/** Reads a filter pattern, or throws `InvalidPattern` with AWS's text. */
export function parseFilterPattern(text: string): FilterPattern {
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'everything' }
  const scanner = new Scanner(trimmed)
  const pattern = parseWhole(scanner)
  scanner.skipSpace()
  if (!scanner.isAtEnd || scanner.regexCount > REGEXES_MAX) throw new InvalidPattern()
  return pattern
}

function parseWhole(scanner: Scanner): FilterPattern {
  if (scanner.peek() === '{') return { kind: 'json', condition: parseJsonCondition(scanner) }
  if (scanner.peek() === '[') return parseColumns(scanner)
  return parseTerms(scanner)
}
