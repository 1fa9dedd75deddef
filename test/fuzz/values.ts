import { Readable } from 'node:stream'
import type { NormalizedSchema } from '@smithy/core/schema'

/** A pseudo-random whole number in [0, limit), the same in every run. */
export type Draw = (limit: number) => number

export function seededDraw(seed: number): Draw {
  let state = seed
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    // The low bits of this generator hardly vary.
    return (state >> 8) % limit
  }
}

export type Side = 'input' | 'output'

interface Place {
  readonly side: Side
  /** Names of the members on the way here: a structure that holds itself ends at the third turn. */
  readonly path: readonly string[]
  readonly depth: number
  /** In a header, which holds neither line breaks nor all of Unicode. */
  readonly inHeader: boolean
}

interface Traits {
  readonly httpHeader?: string
  readonly httpPrefixHeaders?: string
  readonly httpLabel?: number
  readonly httpResponseCode?: number
  readonly mediaType?: string
  readonly streaming?: number
}

const TEXTS = ['abc', 'a b', 'é<&>"\'', 'x/y+z', 'true', '123', 'a,b', '☃ 𝒳', '']
const HEADER_TEXTS = ['abc', 'a-b', 'x/y+z']
const LABEL_TEXTS = ['abc', 'a b/é+', 'arn:aws:x:y:z', 'q?&=#%']

/** Members that the clients themselves read or change on the way, so that no value makes the round trip. */
const CLIENTS_OWN = new Set([
  // The S3 client computes checksums and, of customer keys, their MD5; a CRT algorithm needs an add-on.
  'ChecksumAlgorithm',
  'SSECustomerKey',
  'SSECustomerKeyMD5',
  'CopySourceSSECustomerKey',
  'CopySourceSSECustomerKeyMD5',
  // EventBridge's client turns it into a host name.
  'EndpointId',
  // It is the content type, by which the client decides how to read the stream.
  'ResponseStreamContentType',
  // SDK-only: the unparsed form of Expires.
  'ExpiresString',
])

/** A value for a schema, or undefined where none would make the round trip. */
export function valueFor(schema: NormalizedSchema, side: Side, draw: Draw): unknown {
  return draft(schema, { side, path: [], depth: 0, inHeader: false }, draw)
}

function draft(schema: NormalizedSchema, place: Place, draw: Draw): unknown {
  if (schema.isUnionSchema()) return traitsOf(schema).streaming ? undefined : union(schema, place, draw)
  if (schema.isStructSchema()) return structure(schema, place, draw)
  if (schema.isListSchema()) return list(schema, place, draw)
  if (schema.isMapSchema()) return map(schema, place, draw)
  return leaf(schema, place, draw)
}

function structure(schema: NormalizedSchema, place: Place, draw: Draw): Record<string, unknown> {
  const requiredCount = (schema.getSchema() as unknown as number[])[6] ?? 0
  const value: Record<string, unknown> = {}
  for (const [index, [name, member]] of [...schema.structIterator()].entries()) {
    const isRequired = index < requiredCount
    if (place.depth > 5 && !isRequired) continue
    if (place.path.filter((part) => part === name).length > 2) continue
    if (place.depth > 0 && !isRequired && draw(3) === 0) continue
    const inHeader = traitsOf(member).httpHeader !== undefined
    const path = [...place.path, name]
    const drafted = draft(member, { ...place, path, depth: place.depth + 1, inHeader }, draw)
    if (drafted !== undefined) value[name] = drafted
  }
  return value
}

function union(schema: NormalizedSchema, place: Place, draw: Draw): Record<string, unknown> | undefined {
  const members = [...schema.structIterator()]
  for (let attempt = 0; attempt < 10; attempt++) {
    const [name, member] = members[draw(members.length)] as [string, NormalizedSchema]
    if (place.path.filter((part) => part === name).length > 2) continue
    const path = [...place.path, name]
    const value = draft(member, { ...place, path, depth: place.depth + 1 }, draw)
    if (value !== undefined) return { [name]: value }
  }
  return undefined
}

function list(schema: NormalizedSchema, place: Place, draw: Draw): unknown[] {
  if (place.depth > 7) return []
  const inner = { ...place, depth: place.depth + 1, inHeader: isHeader(schema, place) }
  const items = Array.from({ length: 1 + draw(2) }, () => draft(schema.getValueSchema(), inner, draw))
  return items.filter((item) => item !== undefined)
}

function map(schema: NormalizedSchema, place: Place, draw: Draw): Record<string, unknown> {
  if (place.depth > 7) return {}
  const inner = { ...place, depth: place.depth + 1, inHeader: isHeader(schema, place) }
  const value: Record<string, unknown> = {}
  for (let count = 0; count < 2; count++) {
    const drafted = draft(schema.getValueSchema(), inner, draw)
    if (drafted !== undefined) value[`${inner.inHeader ? 'k' : 'key '}${draw(1000)}`] = drafted
  }
  return value
}

function leaf(schema: NormalizedSchema, place: Place, draw: Draw): unknown {
  if (schema.isBlobSchema()) {
    if (!schema.isStreaming()) return Buffer.from([draw(256), 255, 0])
    return place.side === 'output' ? Readable.from([Buffer.from('stream')]) : Buffer.from('stream')
  }
  if (schema.isTimestampSchema()) return new Date((1_700_000_000 + draw(1_000_000)) * 1000)
  if (schema.isBooleanSchema()) return draw(2) === 1
  if (schema.isNumericSchema()) return traitsOf(schema).httpResponseCode ? 200 : draw(500)
  if (schema.isBigIntegerSchema()) return BigInt(draw(1000))
  if (schema.isDocumentSchema()) return { a: [1, 'x', true] }
  return schema.isStringSchema() ? text(schema, place, draw) : undefined
}

function text(schema: NormalizedSchema, place: Place, draw: Draw): string | undefined {
  const traits = traitsOf(schema)
  const name = place.path.at(-1) ?? ''
  // A text with a media type becomes an object that parses itself, or base64 in headers.
  if (traits.mediaType !== undefined || CLIENTS_OWN.has(name)) return undefined
  if (name === 'Bucket') return `bucket${draw(99)}`
  if (traits.httpLabel) return pick(LABEL_TEXTS, draw) + draw(99)
  if (isHeader(schema, place)) return pick(HEADER_TEXTS, draw) + draw(1000)
  return pick(TEXTS, draw) + draw(1000)
}

function isHeader(schema: NormalizedSchema, place: Place): boolean {
  const { httpHeader, httpPrefixHeaders } = traitsOf(schema)
  return place.inHeader || httpHeader !== undefined || httpPrefixHeaders !== undefined
}

function traitsOf(schema: NormalizedSchema): Traits {
  return schema.getMergedTraits() as Traits
}

function pick(texts: readonly string[], draw: Draw): string {
  return texts[draw(texts.length)] as string
}

/** A value in a form that can be compared: the two sides hold bytes, times and streams in different classes. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return `time ${value.getTime()}`
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (typeof value === 'bigint') return `big ${value}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if ('pipe' in value) return 'stream'
  const members = Object.entries(value).filter(
    ([name, member]) => member !== undefined && name !== '$metadata',
  )
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]))
}
