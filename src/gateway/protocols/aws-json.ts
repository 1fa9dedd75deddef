import type { AwsError } from '../../aws/error.ts'
import { decodedHeaders } from '../body/aws-chunked.ts'
import { decompressed } from '../body/gzip.ts'
import type { RequestBody } from '../body/request-body.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import { jsonCodec } from './codecs.ts'
import { errorFacts } from './error-facts.ts'
import { eventStreamResponse } from './event-stream.ts'
import { writeErrorMembers } from './json-error.ts'
import type { AnswerContext, ErrorContext, Input, Output, Protocol, Route } from './protocol.ts'

/** awsJson 1.0: DynamoDB, SQS, Step Functions. Errors are named with their namespace. */
export const awsJson10: Protocol = awsJson('awsJson1_0', 'application/x-amz-json-1.0')
/** awsJson 1.1: Logs, Kinesis, EventBridge and most others. */
export const awsJson11: Protocol = awsJson('awsJson1_1', 'application/x-amz-json-1.1')

function awsJson(name: 'awsJson1_0' | 'awsJson1_1', contentType: string): Protocol {
  const codec = jsonCodec(contentType, { jsonName: false })
  return {
    name,

    async decode(route: Route, request: HttpRequest, body: RequestBody): Promise<Input> {
      const bytes = await decompressed(decodedHeaders(request.headers), await body.bytes())
      const { input } = route.operation
      return input.isUnit ? {} : codec.read(input.schema, bytes)
    },

    encode(route: Route, output: Output, answer: AnswerContext): HttpResponse {
      const { output: shape } = route.operation
      const headers = { 'content-type': contentType }
      if (shape.eventStream !== undefined) {
        const stream = { status: 200, headers, codec, startsWithOutput: true }
        return eventStreamResponse(shape, output, stream, route, answer)
      }
      return { status: 200, headers, body: shape.isUnit ? '' : codec.write(shape.schema, output) }
    },

    encodeError(error: AwsError, context: ErrorContext): HttpResponse {
      const facts = errorFacts(error, context)
      const type = name === 'awsJson1_0' ? facts.fullName : facts.name
      const headers = { 'content-type': contentType, ...queryErrorHeader(facts, context) }
      return { status: facts.status, headers, body: writeErrorMembers(facts, codec, type) }
    },
  }
}

/** Services that once spoke Query go on telling the codes that they had there. */
export function queryErrorHeader(
  { queryCode, sender }: { queryCode: string; sender: string },
  { definition }: ErrorContext,
): Record<string, string> {
  return definition?.queryCompatible ? { 'x-amzn-query-error': `${queryCode};${sender}` } : {}
}
