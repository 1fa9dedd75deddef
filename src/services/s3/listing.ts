import { invalidArgument } from './errors.ts'
import { type ObjectVersion, quoted, sizeOf } from './object.ts'
import { LAST_CHARACTER } from './store.sql.ts'

export const PAGE_MAX = 1000

/** @throws InvalidArgument */
export function readMaxKeys(asked: number | undefined, name = 'maxKeys'): number {
  if (asked === undefined) return PAGE_MAX
  if (!Number.isInteger(asked) || asked < 0 || asked > 2 ** 31 - 1) {
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, String(asked))
  }
  return Math.min(asked, PAGE_MAX)
}

interface RollUpOptions<Item> {
  readonly prefix: string
  readonly delimiter: string
  readonly maxKeys: number
  readonly after: string | undefined
  /** `after` may be a common prefix, whose keys have been listed with it. */
  readonly isAfterPrefix: boolean
  readonly keyOf: (item: Item) => string
  /** The items that follow a key, by key; after the last one, `last` is the item itself. */
  readonly read: (
    after: string | undefined,
    limit: number,
    last: Item | undefined,
  ) => Promise<readonly Item[]>
}

export interface RolledUp<Item> {
  readonly items: Item[]
  readonly prefixes: string[]
  readonly isTruncated: boolean
  /** The last key or common prefix: where the next page goes on. */
  readonly last: string | undefined
  readonly lastItem: Item | undefined
}

/** One page of a listing, in which keys that go on after the delimiter stand as their common prefix. */
export async function rollUp<Item>(options: RollUpOptions<Item>): Promise<RolledUp<Item>> {
  const { maxKeys, after, isAfterPrefix, keyOf, read } = options
  const items: Item[] = []
  const prefixes: string[] = []
  const skipped = isAfterPrefix && after !== undefined ? commonPrefix(after, options) : undefined
  let rolled = skipped === after ? skipped : undefined
  let from = rolled === undefined ? after : rolled + LAST_CHARACTER
  let lastItem: Item | undefined
  let last: string | undefined
  while (maxKeys > 0) {
    const wanted = maxKeys + 1 - items.length - prefixes.length
    const found = await read(from, wanted, rolled === undefined ? lastItem : undefined)
    for (const item of found) {
      const key = keyOf(item)
      if (rolled !== undefined && key.startsWith(rolled)) continue
      if (items.length + prefixes.length === maxKeys) {
        return { items, prefixes, isTruncated: true, last, lastItem }
      }
      rolled = commonPrefix(key, options)
      last = rolled ?? key
      lastItem = rolled === undefined ? item : undefined
      if (rolled === undefined) items.push(item)
      else prefixes.push(rolled)
    }
    if (found.length < wanted) break
    from = rolled === undefined ? last : rolled + LAST_CHARACTER
  }
  return { items, prefixes, isTruncated: false, last, lastItem }
}

function commonPrefix(
  key: string,
  { prefix, delimiter }: { readonly prefix: string; readonly delimiter: string },
): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}

/** Percent-encodes keys, which may hold what XML cannot, where the client asks for that. */
export function encoder(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined) return (text) => text
  return (text) =>
    encodeURIComponent(text)
      .replaceAll('%2F', '/')
      .replaceAll('%20', '+')
      .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** An object as listings show it. */
export function entry(version: ObjectVersion) {
  const algorithms = Object.keys(version.checksums)
  return {
    Key: version.key,
    LastModified: new Date(version.modifiedAt),
    ETag: quoted(version.etag),
    Size: sizeOf(version),
    StorageClass: version.storageClass as 'STANDARD',
    ...(algorithms.length > 0 && {
      ChecksumAlgorithm: algorithms as 'CRC32'[],
      ChecksumType: version.checksumType,
    }),
  }
}
