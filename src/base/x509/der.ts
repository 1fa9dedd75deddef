/**
 * The Distinguished Encoding Rules of ASN.1 (ITU-T X.690), as far as a certificate needs them. Each function answers
 * with one whole value: tag, length and contents.
 */

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return value(TAG.sequence, Buffer.concat(parts))
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return value(TAG.set, Buffer.concat(parts))
}

/** `bytes`, most significant first, are taken for a number that is not negative. */
export function integer(bytes: Uint8Array): Buffer {
  const firstUsed = bytes.findIndex((byte) => byte !== 0)
  const significant = firstUsed === -1 ? Buffer.from([0]) : bytes.subarray(firstUsed)
  const isNegative = ((significant[0] ?? 0) & 0x80) !== 0
  return value(TAG.integer, isNegative ? Buffer.concat([Buffer.from([0]), significant]) : significant)
}

/** `1.2.840.113549.1.1.11` */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...others] = text.split('.').map(Number)
  return value(TAG.oid, Buffer.from([first * 40 + second, ...others.flatMap(base128)]))
}

function base128(number: number): number[] {
  const digits = [number & 0x7f]
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}

export function utf8(text: string): Buffer {
  return value(TAG.utf8, Buffer.from(text))
}

/** Whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return value(TAG.bitString, Buffer.concat([Buffer.from([0]), bytes]))
}

export function octetString(bytes: Uint8Array): Buffer {
  return value(TAG.octetString, bytes)
}

export function nothing(): Buffer {
  return value(TAG.null, Buffer.alloc(0))
}

/** Milliseconds since the epoch, to the second. Years before 2050 have two digits (RFC 5280, section 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().slice(0, 19).replaceAll(/\D/g, '')
  if (digits >= '2050') return value(TAG.generalizedTime, Buffer.from(`${digits}Z`))
  return value(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`))
}

/** `[number] EXPLICIT`: what is given in a tag of its context. */
export function explicit(number: number, contents: Uint8Array): Buffer {
  return value(0xa0 | number, contents)
}

function value(tag: number, contents: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthOf(contents.length)]), contents])
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return [0x80 | bytes.length, ...bytes]
}
