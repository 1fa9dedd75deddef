import type { AwsError } from '../../aws/error.ts'
import { decodedHeaders } from '../body/aws-chunked.ts'
import { decompressed } from '../body/gzip.ts'
import type { RequestBody } from '../body/request-body.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import { DOCUMENT } from '../model/schema.ts'
import { queryErrorHeader } from './aws-json.ts'
import { cborCodec } from './codecs.ts'
import { type ErrorFacts, errorFacts } from './error-facts.ts'
import { eventStreamResponse } from './event-stream.ts'
import type { AnswerContext, ErrorContext, Input, Output, Protocol, Route } from './protocol.ts'

const codec = cborCodec()
const HEADERS = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': codec.contentType }

/** rpcv2Cbor: what present clients of CloudWatch speak. */
export const rpcv2Cbor: Protocol = {
  name: 'rpcv2Cbor',

  async decode(route: Route, request: HttpRequest, body: RequestBody): Promise<Input> {
    const bytes = await decompressed(decodedHeaders(request.headers), await body.bytes())
    const { input } = route.operation
    return input.isUnit ? {} : codec.read(input.schema, bytes)
  },

  encode(route: Route, output: Output, answer: AnswerContext): HttpResponse {
    const { output: shape } = route.operation
    if (shape.eventStream !== undefined) {
      const stream = { status: 200, headers: { ...HEADERS }, codec, startsWithOutput: true }
      return eventStreamResponse(shape, output, stream, route, answer)
    }
    const body = shape.isUnit ? undefined : codec.write(shape.schema, output)
    return { status: 200, headers: { ...HEADERS }, body }
  },

  encodeError(error: AwsError, context: ErrorContext): HttpResponse {
    const facts = errorFacts(error, context)
    return {
      status: facts.status,
      headers: { ...HEADERS, ...queryErrorHeader(facts, context) },
      body: codec.write(DOCUMENT, document(facts)),
    }
  },
}

function document({ fullName, message, members }: ErrorFacts): object {
  const present = Object.entries(members).filter(([, value]) => value !== undefined)
  return { __type: fullName, message, ...Object.fromEntries(present) }
}
