import type { RequestBody } from '../body/request-body.ts'
import type { HttpResponse } from '../http.ts'
import type { Schema } from '../model/schema.ts'
import type { Member } from '../model/shape.ts'
import type { Codec } from './codecs.ts'

// A member that is the whole body: a blob, a text, a stream, or a structure in the protocol's format.

/** The payload, or undefined where the body is empty. */
export function readPayload(payload: Member, body: RequestBody, codec: Codec): unknown | Promise<unknown> {
  const { schema } = payload
  if (schema.isStreaming()) return body.stream()
  const bytes = body.atOnce()
  if (bytes !== undefined) return readAs(schema, bytes, codec)
  return body.bytes().then((read) => readAs(schema, read, codec))
}

function readAs(schema: Schema, bytes: Buffer, codec: Codec): unknown {
  if (bytes.length === 0) return undefined
  if (schema.isBlobSchema()) return bytes
  if (schema.isStringSchema()) return bytes.toString('utf8')
  return codec.read(schema, bytes)
}

/** A payload's bytes, with its `content-type` put into `headers` unless a member has set it. */
export function writePayload(
  payload: Member,
  value: unknown,
  headers: Record<string, string>,
  codec: Codec,
): HttpResponse['body'] {
  if (value === undefined || value === null) return undefined
  const { schema, traits } = payload
  if (schema.isBlobSchema() || schema.isStringSchema()) {
    const usual = schema.isStringSchema() ? 'text/plain' : 'application/octet-stream'
    headers['content-type'] ??= traits.mediaType ?? usual
    return value as HttpResponse['body']
  }
  headers['content-type'] ??= codec.contentType
  return codec.write(schema, value)
}
