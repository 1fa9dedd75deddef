import { XmlShapeDeserializer, XmlShapeSerializer } from '@aws-sdk/core/protocols'
import { CborShapeDeserializer2, CborShapeSerializer2 } from '@smithy/core/cbor'
import {
  FromStringShapeDeserializer,
  JsonShapeDeserializer2,
  JsonShapeSerializer2,
  ToStringShapeSerializer,
} from '@smithy/core/protocols'
import { fromUtf8, toBase64, toUtf8 } from '@smithy/core/serde'
import { AwsError } from '../../aws/error.ts'
import { serializationError } from '../errors.ts'
import { type Schema, schemaOf } from '../model/schema.ts'
import { fromBase64 } from './base64.ts'
import { checkCborBounds } from './cbor-bounds.ts'

/** A body format, both ways, driven by schemas. An instance holds no state between calls and can be shared. */
export interface Codec {
  readonly contentType: string
  /** Throws SerializationException where the bytes are not of this format. */
  read(schema: Schema, bytes: Buffer): Record<string, unknown>
  write(schema: Schema, value: unknown): Uint8Array | string
}

/** Headers, labels and query parameters: one value as text. */
export interface TextCodec {
  read(schema: Schema, text: string): unknown
  write(schema: Schema, value: unknown): string
}

/** Smithy's numbers for timestamp formats. */
const DATE_TIME = 5
const EPOCH_SECONDS = 7

type JsonObject = Parameters<JsonShapeDeserializer2['readObject']>[1] & object

interface Writer {
  write(schema: Schema, value: unknown): void
  flush(): unknown
}

export function jsonCodec(contentType: string, options: { jsonName: boolean }): Codec {
  const settings = { ...formats(EPOCH_SECONDS), ...options }
  const reader = inContext(new JsonReader(settings))
  const writer = inContext(new JsonShapeSerializer2(settings))
  return {
    contentType,
    // `read` would do both, but is asynchronous.
    read: (schema, bytes) => parsing(() => reader.readObject(schema, parseJsonObject(bytes))),
    write: (schema, value) => plainBytes(flushed(writer, schema, value)),
  }
}

/** Shorter ones the SDK's reader decodes as fast. */
const LONG_TEXT = 4096

/** The SDK's reader takes a list for a structure without members, and reads long blobs slowly. */
class JsonReader extends JsonShapeDeserializer2 {
  protected override _read(schema: Schema, value: unknown): unknown {
    if (Array.isArray(value) && schemaOf(schema).isStructSchema()) {
      throw serializationError('Start of list found where not expected')
    }
    if (typeof value === 'string' && value.length > LONG_TEXT && schemaOf(schema).isBlobSchema())
      return fromBase64(value)
    return super._read(schema, value)
  }
}

export function xmlCodec(xmlNamespace = ''): Codec {
  const settings = { ...formats(DATE_TIME), serviceNamespace: '', xmlNamespace }
  const reader = inContext(new XmlShapeDeserializer(settings))
  const writer = inContext(new XmlShapeSerializer(settings))
  return {
    contentType: 'application/xml',
    read: (schema, bytes) => (bytes.length === 0 ? {} : parsing(() => reader.read(schema, bytes))),
    write: (schema, value) => flushed(writer, schema, value),
  }
}

export function cborCodec(): Codec {
  const reader = inContext(new CborShapeDeserializer2())
  const writer = inContext(new CborShapeSerializer2())
  return {
    contentType: 'application/cbor',
    read(schema, bytes) {
      if (bytes.length === 0) return {}
      checkCborBounds(bytes)
      return parsing(() => reader.read(schema, bytes))
    },
    write: (schema, value) => flushed(writer, schema, value),
  }
}

/** REST JSON's text values. Its timestamps are RFC 7231 dates in headers whatever this default says. */
export const jsonText: TextCodec = textCodec(EPOCH_SECONDS)
export const xmlText: TextCodec = textCodec(DATE_TIME)

function textCodec(timestampFormat: typeof DATE_TIME | typeof EPOCH_SECONDS): TextCodec {
  const reader = inContext(new FromStringShapeDeserializer(formats(timestampFormat)))
  const writer = inContext(new ToStringShapeSerializer(formats(timestampFormat)))
  return {
    read: (schema, text) => parsing(() => reader.read(schema, text)),
    write: (schema, value) => String(flushed(writer, schema, value)),
  }
}

function formats(timestampFormat: typeof DATE_TIME | typeof EPOCH_SECONDS) {
  const format = { useTrait: true, default: timestampFormat } as const
  return { timestampFormat: format, httpBindings: true }
}

/** The SDK's readers and writers take their encodings from a context that a client would give them. */
function inContext<T extends { setSerdeContext(context: never): void }>(serde: T): T {
  const encodings = {
    base64Decoder: fromBase64,
    base64Encoder: toBase64,
    utf8Decoder: fromUtf8,
    utf8Encoder: toUtf8,
  }
  serde.setSerdeContext(encodings as never)
  return serde
}

function flushed(writer: Writer, schema: Schema, value: unknown): Uint8Array | string {
  writer.write(schema, value)
  return writer.flush() as Uint8Array | string
}

function parseJsonObject(bytes: Buffer): JsonObject {
  if (bytes.length === 0) return {}
  const value: JsonObject | null = JSON.parse(bytes.toString('utf8'))
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected')
  if (typeof value === 'object' && value !== null) return value
  throw serializationError('Start of structure or map expected.')
}

/** The JSON writer returns a kind of Uint8Array that turns itself into text where Buffer.from() sees it. */
function plainBytes(written: Uint8Array | string): Uint8Array | string {
  if (typeof written === 'string') return written
  return Buffer.from(written.buffer, written.byteOffset, written.byteLength)
}

function parsing<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof AwsError) throw error
    throw serializationError(`Could not parse the request: ${reasonOf(error)}`, error)
  }
}

/** The readers trip over what they do not expect, and their types and call stacks say nothing to a caller. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply, or its lengths are wrong'
  if (error instanceof TypeError || !(error instanceof Error)) return 'it does not have the form of its input'
  return error.message
}
