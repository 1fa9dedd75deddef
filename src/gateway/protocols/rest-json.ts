import type { AwsError } from '../../aws/error.ts'
import { decodedHeaders } from '../body/aws-chunked.ts'
import { decompressed } from '../body/gzip.ts'
import type { RequestBody } from '../body/request-body.ts'
import type { Headers, HttpRequest, HttpResponse } from '../http.ts'
import { shapeOf } from '../model/shape.ts'
import { readBindings, writeBindings } from './bindings.ts'
import { jsonCodec, jsonText } from './codecs.ts'
import { errorFacts } from './error-facts.ts'
import { eventStreamResponse } from './event-stream.ts'
import { writeErrorMembers } from './json-error.ts'
import type { AnswerContext, ErrorContext, Input, Output, Protocol, Route } from './protocol.ts'
import { readPayload, writePayload } from './rest-payload.ts'

const codec = jsonCodec('application/json', { jsonName: true })

/** restJson1: Lambda, API Gateway, Scheduler, Pipes, X-Ray. */
export const restJson: Protocol = {
  name: 'restJson1',

  decode(route: Route, request: HttpRequest, body: RequestBody): Input | Promise<Input> {
    const headers = decodedHeaders(request.headers)
    const input = readBindings(route, request, headers, jsonText)
    const { payload } = route.operation.input
    if (payload === undefined) return withStructure(route, input, headers, body)
    const value = readPayload(payload, body, codec)
    if (value instanceof Promise) return value.then((read) => withMember(input, payload.name, read))
    return withMember(input, payload.name, value)
  },

  encode(route: Route, output: Output, answer: AnswerContext): HttpResponse {
    const headers: Record<string, string> = {}
    const { output: shape, http } = route.operation
    const status = writeBindings(shape, output, headers, jsonText) ?? http?.status ?? 200
    if (shape.eventStream !== undefined) {
      return eventStreamResponse(
        shape,
        output,
        { status, headers, codec, startsWithOutput: false },
        route,
        answer,
      )
    }
    if (shape.payload !== undefined) {
      if (isInvoke(route)) headers['content-type'] = 'application/json'
      const body = writePayload(shape.payload, output[shape.payload.name], headers, codec)
      return { status, headers, body }
    }
    if (status === 204) return { status, headers }
    headers['content-type'] ??= codec.contentType
    if (shape.body !== undefined) return { status, headers, body: codec.write(shape.body, output) }
    return { status, headers, body: shape.isUnit ? undefined : '{}' }
  },

  encodeError(error: AwsError, context: ErrorContext): HttpResponse {
    const facts = errorFacts(error, context)
    const headers: Record<string, string> = {
      'content-type': codec.contentType,
      'x-amzn-errortype': facts.name,
    }
    if (facts.schema !== undefined) {
      writeBindings(shapeOf(facts.schema, 'response'), facts.members, headers, jsonText)
    }
    return { status: facts.status, headers, body: writeErrorMembers(facts, codec) }
  },
}

function withMember(input: Input, name: string, value: unknown): Input {
  if (value !== undefined) input[name] = value
  return input
}

async function withStructure(
  { operation }: Route,
  input: Input,
  headers: Headers,
  body: RequestBody,
): Promise<Input> {
  const bytes = await decompressed(headers, await body.bytes())
  const { body: structure } = operation.input
  if (structure !== undefined && bytes.length > 0) Object.assign(input, codec.read(structure, bytes))
  return input
}

/** Lambda calls every payload JSON; its model says no more than blob. */
function isInvoke({ definition, operation }: Route): boolean {
  return definition.id === 'lambda' && operation.name === 'Invoke'
}
