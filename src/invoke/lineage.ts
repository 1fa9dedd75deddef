import { createHash } from 'node:crypto'

/**
 * `Lineage=2:aae260cf:1|74085691:0`: how many invocations there were in the chain, and of each function how
 * often it was entered again (AWS Lambda Developer Guide, "Recursive loop detection"; the form is that of
 * headers that were seen).
 */
const FORM = /^(?:(\d{1,9}):)?([0-9a-f]{8}:\d{1,9}(?:\|[0-9a-f]{8}:\d{1,9})*)$/

/** Functions in one chain that are told apart; beyond it those that were entered first are forgotten. */
const FUNCTIONS_MAX = 32

/** Functions whose hash is kept at hand, so that the hot path hashes nothing. */
const HASHES_MAX = 10_000
const hashes = new Map<string, string>()

/** The lineage of an invocation of this function which was called with `incoming`. */
export function lineageOf(functionArn: string, incoming: string | undefined): string {
  const own = lineageHash(functionArn)
  if (incoming === undefined) return `1:${own}:0`
  const { depth, counts } = read(incoming)
  const before = counts.get(own)
  if (before === undefined && counts.size >= FUNCTIONS_MAX) {
    for (const oldest of counts.keys()) {
      counts.delete(oldest)
      break
    }
  }
  counts.set(own, before === undefined ? 0 : before + 1)
  return `${depth + 1}:${[...counts].map(([hash, count]) => `${hash}:${count}`).join('|')}`
}

/** How often this function is in a chain already. */
export function roundsIn(functionArn: string, incoming: string | undefined): number {
  if (incoming === undefined) return 0
  const again = read(incoming).counts.get(lineageHash(functionArn))
  return again === undefined ? 0 : again + 1
}

function read(lineage: string): { depth: number; counts: Map<string, number> } {
  const [, depth = '0', list = ''] = FORM.exec(lineage) ?? []
  const counts = new Map<string, number>()
  for (const part of list === '' ? [] : list.split('|')) {
    const [hash = '', count] = part.split(':')
    counts.set(hash, Number(count))
  }
  return { depth: Number(depth), counts }
}

function lineageHash(functionArn: string): string {
  const known = hashes.get(functionArn)
  if (known !== undefined) return known
  if (hashes.size >= HASHES_MAX) hashes.clear()
  const hash = createHash('sha256').update(functionArn).digest('hex').slice(0, 8)
  hashes.set(functionArn, hash)
  return hash
}
