import { EventStreamCodec } from '@smithy/core/event-streams'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import { AwsError } from '../../aws/error.ts'
import { internalFailure } from '../errors.ts'
import type { HttpResponse } from '../http.ts'
import { type Schema, subset, traitsOf, tupleOf } from '../model/schema.ts'
import type { Shape } from '../model/shape.ts'
import type { Codec } from './codecs.ts'
import { EventStreamBody } from './event-stream-body.ts'
import type { AnswerContext, Output, Route } from './protocol.ts'

// `application/vnd.amazon.eventstream`: frames with headers of their own and a payload. The SDK's EventStreamSerde
// can neither write exceptions nor leave the events as they are; its codec, which packs a frame, is used.

const frames = new EventStreamCodec(toUtf8, fromUtf8)
const NOTHING = new Uint8Array()

/** Streams that are the answer to one call, and end with it; all others go on as long as somebody listens. */
const ANSWERS = new Set(['InvokeWithResponseStream', 'SelectObjectContent'])

type Frame = Parameters<typeof frames.encode>[0]
type FrameHeader = Frame['headers'][string]

interface StreamOptions {
  readonly status: number
  readonly headers: Record<string, string>
  readonly codec: Codec
  /** RPC protocols send the output's other members in a first frame; REST ones have bound them elsewhere. */
  readonly startsWithOutput: boolean
}

/** An answer whose body is the events of `output`, each as soon as the operation yields it. */
export function eventStreamResponse(
  shape: Shape,
  output: Output,
  { status, headers, codec, startsWithOutput }: StreamOptions,
  route: Route,
  answer: AnswerContext,
): HttpResponse {
  const stream = shape.eventStream
  if (stream === undefined) throw new Error(`${route.operation.name} has no event stream`)
  const events = output[stream.name] as AsyncIterable<Record<string, unknown>> | undefined
  const body = new EventStreamBody({
    first: startsWithOutput ? initialResponse(shape, stream.name, output, codec) : undefined,
    events: events ?? {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
    },
    encode: (event) => encodeEvent(stream.schema, event, codec),
    encodeError: (error) => encodeException(stream.schema, error, codec, route, answer),
  })
  headers['content-type'] = 'application/vnd.amazon.eventstream'
  return { status, headers, body, isEndless: !ANSWERS.has(route.operation.name) }
}

function initialResponse(shape: Shape, streamName: string, output: Output, codec: Codec): Uint8Array {
  const others = shape.members.map(({ name }) => name).filter((name) => name !== streamName)
  const schema = subset(shape.schema, tupleOf(shape.schema)[2], others)
  return frame(eventHeaders('initial-response', codec.contentType), codec.write(schema, output))
}

function encodeEvent(union: Schema, event: Record<string, unknown>, codec: Codec): Uint8Array {
  const name = Object.keys(event).find((key) => event[key] !== undefined)
  if (name === undefined) throw new Error('an event without a member')
  return encodeMember(name, union.getMemberSchema(name), event[name] as Record<string, unknown>, codec)
}

/** An event's members are its payload, unless some are bound to headers or one to the payload. */
function encodeMember(
  name: string,
  schema: Schema,
  value: Record<string, unknown>,
  codec: Codec,
): Uint8Array {
  const members = [...schema.structIterator()]
  const headers = eventHeaders(name, codec.contentType)
  for (const [key, member] of members) {
    const bound = value[key]
    if (traitsOf(member).eventHeader && bound !== undefined && bound !== null) {
      headers[key] = { type: headerType(member), value: bound } as FrameHeader
    }
  }
  const payload = members.find(([, member]) => traitsOf(member).eventPayload)
  if (payload !== undefined) return frameOfPayload(payload[1], value[payload[0]], headers, codec)
  const isBound = members.some(([, member]) => traitsOf(member).eventHeader)
  return frame(headers, isBound ? NOTHING : codec.write(schema, value))
}

function frameOfPayload(schema: Schema, value: unknown, headers: Frame['headers'], codec: Codec): Uint8Array {
  if (schema.isBlobSchema()) {
    headers[':content-type'] = text('application/octet-stream')
    return frame(headers, (value as Uint8Array | undefined) ?? NOTHING)
  }
  if (schema.isStringSchema()) {
    headers[':content-type'] = text('text/plain')
    return frame(headers, (value as string | undefined) ?? '')
  }
  return frame(headers, codec.write(schema, value ?? {}))
}

/** The stream ends with what the operation threw: an exception of the stream's union, or a plain error. */
function encodeException(
  union: Schema,
  error: unknown,
  codec: Codec,
  { definition }: Route,
  { requestId, reportFault }: AnswerContext,
): Uint8Array {
  if (!(error instanceof AwsError)) reportFault(error, requestId)
  const shown = error instanceof AwsError ? error : internalFailure(definition)
  const modelled = [...union.structIterator()].find(([, member]) => member.getName() === shown.code)
  if (modelled === undefined) {
    const headers = {
      ':message-type': text('error'),
      ':error-code': text(shown.code),
      ':error-message': text(shown.message),
    }
    return frame(headers, NOTHING)
  }
  const [name, schema] = modelled
  const headers = {
    ':message-type': text('exception'),
    ':exception-type': text(name),
    ':content-type': text(codec.contentType),
  }
  const members = { ...shown.members, message: shown.message, Message: shown.message }
  return frame(headers, codec.write(schema, members))
}

function eventHeaders(name: string, contentType: string): Frame['headers'] {
  return { ':message-type': text('event'), ':event-type': text(name), ':content-type': text(contentType) }
}

function headerType(schema: Schema): FrameHeader['type'] {
  if (schema.isTimestampSchema()) return 'timestamp'
  if (schema.isBooleanSchema()) return 'boolean'
  if (schema.isNumericSchema()) return 'integer'
  return schema.isBlobSchema() ? 'binary' : 'string'
}

function text(value: string): FrameHeader {
  return { type: 'string', value }
}

function frame(headers: Frame['headers'], body: Uint8Array | string): Uint8Array {
  return frames.encode({ headers, body: typeof body === 'string' ? fromUtf8(body) : body })
}
