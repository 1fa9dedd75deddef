import { invalidParameter } from './errors.ts'

/** What AWS lists at a time, whatever the caller asks for. */
const PAGE_MAX = 50

interface PageInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/**
 * One page of a list, and the marker of the next one where there is more. `read` is asked for one item more
 * than is shown; `positionOf` tells after which item the next page starts.
 */
export async function readPage<Item, Position>(
  { Marker, MaxItems }: PageInput,
  read: (page: { after?: Position; max: number }) => Promise<Item[]>,
  positionOf: (item: Item) => Position,
): Promise<{ items: Item[]; next: { NextMarker?: string } }> {
  const size = Math.min(MaxItems ?? PAGE_MAX, PAGE_MAX)
  const after = Marker ? readMarker<Position>(Marker) : undefined
  const found = await read({ ...(after !== undefined && { after }), max: size + 1 })
  const items = found.slice(0, size)
  const last = items.at(-1)
  if (found.length <= size || last === undefined) return { items, next: {} }
  return { items, next: { NextMarker: writeMarker(positionOf(last)) } }
}

function writeMarker(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64')
}

function readMarker<Position>(marker: string): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(marker, 'base64').toString())
    if (isPosition(position)) return position as Position
  } catch {
    // Not one of ours.
  }
  throw invalidParameter('Invalid value for Marker.')
}

/** A name or a number in decimal, or a name with a version. */
function isPosition(position: unknown): boolean {
  if (typeof position === 'string') return true
  if (!Array.isArray(position) || position.length !== 2) return false
  return position.every((part) => typeof part === 'string')
}
