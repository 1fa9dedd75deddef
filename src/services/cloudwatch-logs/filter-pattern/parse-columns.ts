import { parseAny, parseComparison } from './parse-condition.ts'
import type { Column, ColumnsPattern } from './pattern.ts'
import { InvalidPattern, type Scanner } from './scanner.ts'

/** `[ip, user=root || user=admin, ..., bytes > 1000]`; `[]` has any columns. */
export function parseColumns(scanner: Scanner): ColumnsPattern {
  scanner.expectToken('[')
  if (scanner.takeToken(']')) return { kind: 'columns', before: [], after: [] }
  const before: Column[] = []
  let after: Column[] | undefined
  do {
    if (!scanner.takeToken('...')) (after ?? before).push(parseColumn(scanner))
    else if (after === undefined) after = []
    else throw new InvalidPattern()
  } while (scanner.takeToken(','))
  scanner.expectToken(']')
  return { kind: 'columns', before, after }
}

/** A column's name alone, or conditions on it; each condition names the column again. */
function parseColumn(scanner: Scanner): Column {
  scanner.skipSpace()
  const name = scanner.match(/[\p{L}\p{N}_-]+(?=\s*[,\]])/uy)
  if (name !== undefined) return { name }
  if (/[,\]]/.test(scanner.peek())) return {}
  let named: string | undefined
  const condition = parseAny(scanner, () => {
    named = parseName(scanner)
    return parseComparison(scanner, [])
  })
  return { condition, ...(named !== undefined && { name: named }) }
}

function parseName(scanner: Scanner): string {
  scanner.skipSpace()
  const name = scanner.match(/[\p{L}\p{N}_-]+/uy)
  if (name === undefined) throw new InvalidPattern()
  return name
}
