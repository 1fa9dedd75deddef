import { validationError } from './errors.ts'

/** What IAM's lists take and answer to come in pages. */
export interface PageInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

export interface Page<Item> {
  readonly items: Item[]
  readonly rest: { IsTruncated: boolean; Marker?: string }
}

/** What AWS answers where no number is asked for. */
const ITEMS_DEFAULT = 100

/**
 * The part of `items` that is asked for. The marker holds the last key that was sent, so that a page begins
 * behind it even where it has gone since.
 */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  input: PageInput,
): Page<Item> {
  const after = input.Marker === undefined ? undefined : keyIn(input.Marker)
  const sorted = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1))

  const taken = sorted.slice(0, input.MaxItems ?? ITEMS_DEFAULT)
  const last = taken.at(-1)
  const rest =
    last !== undefined && taken.length < sorted.length
      ? { IsTruncated: true, Marker: markerFor(last.key) }
      : { IsTruncated: false }
  return { items: taken.map(({ item }) => item), rest }
}

/** Tells our markers from others, so that one of another list or of AWS is refused. */
const PREFIX = 'after:'

function markerFor(key: string): string {
  return Buffer.from(PREFIX + key).toString('base64url')
}

function keyIn(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString()
  if (!text.startsWith(PREFIX)) throw validationError('Invalid Marker.')
  return text.slice(PREFIX.length)
}
