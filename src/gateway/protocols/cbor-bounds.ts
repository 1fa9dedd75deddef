import { serializationError } from '../errors.ts'

/** Deeper than any input of AWS's, and far from where a reader that calls itself would overflow. */
const DEPTH_MAX = 64

/** Lists, maps and texts without a length end at a break. */
const UNKNOWN = Number.POSITIVE_INFINITY
const BREAK = 0xff

/** The first three bits of an item's head (RFC 8949, 3.1). */
const BYTES = 2
const TEXT = 3
const LIST = 4
const MAP = 5
const TAG = 6

interface Item {
  /** Where the next item begins: inside this one, where it is a container. */
  readonly next: number
  /** How many items it contains. */
  readonly items: number
}

/**
 * Refuses CBOR that announces more than its bytes can hold. The SDK's reader believes the length of a list
 * and makes room for it: a body of two kilobytes could ask for all the memory there is.
 */
export function checkCborBounds(bytes: Buffer): void {
  /** How many items each open container still lacks, the innermost last. */
  const lacking = [1]
  let position = 0
  while (lacking.length > 0) {
    if (position >= bytes.length) throw malformed('it ends too soon')
    const innermost = lacking.length - 1
    if (bytes[position] === BREAK && lacking[innermost] === UNKNOWN) {
      position++
      lacking.pop()
    } else {
      const item = itemAt(bytes, position)
      position = item.next
      lacking[innermost] = (lacking[innermost] as number) - 1
      if (item.items > 0) lacking.push(item.items)
    }
    while (lacking.at(-1) === 0) lacking.pop()
    if (lacking.length > DEPTH_MAX) throw malformed('it is nested too deeply')
    if (owed(lacking) > bytes.length - position) throw malformed('it is shorter than it says')
  }
  if (position < bytes.length) throw malformed('there is more behind it')
}

/** Each item that is lacking takes a byte at least. */
function owed(lacking: readonly number[]): number {
  let sum = 0
  for (const count of lacking) if (count !== UNKNOWN) sum += count
  return sum
}

function itemAt(bytes: Buffer, position: number): Item {
  const head = bytes[position] as number
  const major = head >> 5
  const info = head & 0x1f
  if (info === 31) {
    if (major < BYTES || major > MAP) throw malformed('a break stands where none may')
    return { next: position + 1, items: UNKNOWN }
  }
  const next = position + 1 + lengthOfLength(info)
  const length = lengthAt(bytes, position + 1, info)
  switch (major) {
    case BYTES:
    case TEXT:
      if (next + length > bytes.length) throw malformed('it is shorter than it says')
      return { next: next + length, items: 0 }
    case LIST:
      return { next, items: length }
    case MAP:
      return { next, items: length * 2 }
    case TAG:
      return { next, items: 1 }
    default:
      return { next, items: 0 }
  }
}

function lengthOfLength(info: number): number {
  if (info < 24) return 0
  if (info > 27) throw malformed('a head is reserved')
  return 2 ** (info - 24)
}

function lengthAt(bytes: Buffer, position: number, info: number): number {
  const size = lengthOfLength(info)
  if (size === 0) return info
  if (position + size > bytes.length) throw malformed('it ends too soon')
  return size === 8 ? Number(bytes.readBigUInt64BE(position)) : bytes.readUIntBE(position, size)
}

function malformed(reason: string) {
  return serializationError(`Could not parse the request as CBOR: ${reason}.`)
}
