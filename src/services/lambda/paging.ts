import { invalidParameter } from './errors.ts'

/** What AWS lists at a time, whatever the caller asks for. */
const PAGE_MAX = 50

interface PageInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/** Where a page ends: a name or a number, or a name and a version. */
export type Position = readonly string[]

export interface Page {
  readonly after?: Position
  readonly max: number
}

/**
 * One page of a list, and the marker of the next one where there is more. `read` is asked for one item more
 * than is shown; `positionOf` tells after which item the next page starts, in `parts` texts.
 */
export async function readPage<Item>(
  { Marker, MaxItems }: PageInput,
  parts: number,
  read: (page: Page) => Promise<Item[]>,
  positionOf: (item: Item) => Position,
): Promise<{ items: Item[]; next: { NextMarker?: string } }> {
  const size = Math.min(MaxItems ?? PAGE_MAX, PAGE_MAX)
  const found = await read({ ...(Marker && { after: readMarker(Marker, parts) }), max: size + 1 })
  const items = found.slice(0, size)
  const last = items.at(-1)
  if (found.length <= size || last === undefined) return { items, next: {} }
  return { items, next: { NextMarker: writeMarker(positionOf(last)) } }
}

function writeMarker(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64')
}

function readMarker(marker: string, parts: number): Position {
  const position = parsed(Buffer.from(marker, 'base64').toString())
  if (!isPosition(position, parts)) throw invalidParameter('Invalid value for Marker.')
  return position
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isPosition(value: unknown, parts: number): value is Position {
  return Array.isArray(value) && value.length === parts && value.every((part) => typeof part === 'string')
}
