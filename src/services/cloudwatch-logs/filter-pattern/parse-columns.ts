import { parseAny, parseComparison } from './parse-condition.ts'
import type { ColumnsPattern, Condition } from './pattern.ts'
import { InvalidPattern, type Scanner } from './scanner.ts'

/** `[ip, user=root || user=admin, ..., bytes > 1000]` */
export function parseColumns(scanner: Scanner): ColumnsPattern {
  scanner.expectToken('[')
  const before: (Condition | undefined)[] = []
  let after: (Condition | undefined)[] | undefined
  do {
    if (!scanner.takeToken('...')) (after ?? before).push(parseColumn(scanner))
    else if (after === undefined) after = []
    else throw new InvalidPattern()
  } while (scanner.takeToken(','))
  scanner.expectToken(']')
  return { kind: 'columns', before, after }
}

/** A column's name alone, or conditions on it; each condition names the column again. */
function parseColumn(scanner: Scanner): Condition | undefined {
  scanner.skipSpace()
  if (scanner.match(/[\p{L}\p{N}_-]+\s*(?=[,\]])/uy) !== undefined) return undefined
  if (/[,\]]/.test(scanner.peek())) return undefined
  return parseAny(scanner, parseColumnCondition)
}

function parseColumnCondition(scanner: Scanner): Condition {
  scanner.skipSpace()
  if (scanner.match(/[\p{L}\p{N}_-]+/uy) === undefined) throw new InvalidPattern()
  return parseComparison(scanner, [])
}
