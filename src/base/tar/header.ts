import { TarError } from './error.ts'

export const BLOCK = 512

/** One header block: POSIX.1-1988 (ustar), with GNU's numbers in base 256. */
export interface Header {
  readonly name: string
  readonly mode: number
  readonly size: number
  readonly modifiedSeconds: number
  /** A character: '0' a file, '5' a folder … */
  readonly type: string
  readonly link: string
}

/** Undefined for a block of zeros, which ends an archive. */
export function readHeader(block: Buffer): Header | undefined {
  if (block.every((byte) => byte === 0)) return undefined
  if (number(block, 148, 8) !== checksumOf(block)) throw broken('a header has a wrong checksum')
  const magic = block.toString('latin1', 257, 263)
  // Old GNU archives have other fields where ustar has the name's beginning.
  const prefix = magic === 'ustar\0' ? text(block, 345, 155) : ''
  const name = text(block, 0, 100)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8),
    size: number(block, 124, 12),
    modifiedSeconds: number(block, 136, 12),
    type: String.fromCharCode(block[156] ?? 0),
    link: text(block, 157, 100),
  }
}

/** The records `<length> <key>=<value>\n` of a pax header. */
export function readPax(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space))
    const end = at + length
    if (!Number.isInteger(length) || end <= space || end > bytes.length || bytes[end - 1] !== 0x0a)
      throw broken('an extended header has a wrong length')
    const record = bytes.toString('utf8', space + 1, end - 1)
    const equals = record.indexOf('=')
    if (equals < 1) throw broken('an extended header has no key')
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at = end
  }
  return records
}

/** The sum of all bytes, those of the checksum itself as spaces. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0
  return sum
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

function number(block: Buffer, start: number, length: number): number {
  const value = (block[start] ?? 0) & 0x80 ? base256(block, start, length) : octal(block, start, length)
  if (!Number.isSafeInteger(value)) throw broken('a header has a number that is none')
  return value
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = block
    .toString('latin1', start, start + length)
    .replace(/[\0 ]+$/, '')
    .trimStart()
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** Negative ones, times before 1970, count as 0. */
function base256(block: Buffer, start: number, length: number): number {
  if ((block[start] ?? 0) & 0x40) return 0
  let value = (block[start] ?? 0) & 0x3f
  for (let i = start + 1; i < start + length; i++) value = value * 256 + (block[i] ?? 0)
  return value
}

function broken(message: string): TarError {
  return new TarError('broken', message)
}
