import { AwsError } from '../../aws/error.ts'
import type { ServiceDefinition } from '../../aws/service.ts'
import { decodedHeaders } from '../body/aws-chunked.ts'
import type { RequestBody } from '../body/request-body.ts'
import { malformedXml } from '../errors.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import { shapeOf } from '../model/shape.ts'
import { readBindings, writeBindings } from './bindings.ts'
import { type Codec, xmlCodec, xmlText } from './codecs.ts'
import { errorFacts } from './error-facts.ts'
import { eventStreamResponse } from './event-stream.ts'
import type { AnswerContext, ErrorContext, Input, Output, Protocol, Route } from './protocol.ts'
import { readPayload, writePayload } from './rest-payload.ts'
import { escapeXml, flatErrorElements, plainXml, XML_DECLARATION } from './xml.ts'

/** restXml: S3. */
export const restXml: Protocol = {
  name: 'restXml',

  async decode(route: Route, request: HttpRequest, body: RequestBody): Promise<Input> {
    const input = readBindings(route, request, decodedHeaders(request.headers), xmlText)
    refuseBadNumbers(route, request, input)
    const { payload, body: structure } = route.operation.input
    if (payload !== undefined) {
      const value = await asXml(async () => readPayload(payload, body, codecOf(route.definition)))
      if (value !== undefined) input[payload.name] = value
    } else if (structure !== undefined) {
      const bytes = await body.bytes()
      Object.assign(input, await asXml(async () => codecOf(route.definition).read(structure, bytes)))
    }
    return input
  },

  encode(route: Route, output: Output, answer: AnswerContext): HttpResponse {
    const headers: Record<string, string> = {}
    const codec = codecOf(route.definition)
    const { output: shape } = route.operation
    const status = writeBindings(shape, output, headers, xmlText) ?? statusOf(route, output)
    if (shape.eventStream !== undefined) {
      const stream = { status, headers, codec: plainXml, startsWithOutput: false }
      return eventStreamResponse(shape, output, stream, route, answer)
    }
    if (shape.payload !== undefined) {
      const body = writePayload(shape.payload, output[shape.payload.name], headers, codec)
      return { status, headers, body }
    }
    if (shape.body === undefined) return { status, headers }
    headers['content-type'] ??= codec.contentType
    if (route.operation.name === 'GetBucketLocation') {
      return { status, headers, body: bucketLocation(route.definition, output) }
    }
    return { status, headers, body: XML_DECLARATION + codec.write(shape.body, output) }
  },

  encodeError(error: AwsError, context: ErrorContext): HttpResponse {
    const facts = errorFacts(error, context)
    const headers: Record<string, string> = { ...error.headers, 'content-type': 'application/xml' }
    if (facts.schema !== undefined) {
      writeBindings(shapeOf(facts.schema, 'response'), facts.members, headers, xmlText)
    }
    const id = escapeXml(context.requestId)
    const tail = `<RequestId>${id}</RequestId><HostId>${id}</HostId>`
    const body = `${XML_DECLARATION}<Error>${flatErrorElements(facts)}${tail}</Error>`
    return { status: facts.status, headers, body }
  },
}

/** S3 has its own words for a parameter that is no number. */
function refuseBadNumbers({ operation }: Route, { query }: HttpRequest, input: Input): void {
  const bad = operation.input.bound.find(({ name }) => Number.isNaN(input[name]))
  if (bad === undefined) return
  const message = `Provided ${bad.wireName} not an integer or within integer range`
  throw new AwsError('InvalidArgument', message, {
    status: 400,
    members: { ArgumentName: bad.wireName, ArgumentValue: query.get(bad.wireName) ?? '' },
  })
}

/** What AWS answers 204, and its model does not say. */
const NO_CONTENT = ['PutBucketPolicy', 'PutBucketTagging']

/** No model says that a part of an object is answered 206. */
function statusOf({ operation }: Route, { ContentRange }: Output): number {
  if (NO_CONTENT.includes(operation.name)) return 204
  return ContentRange === undefined ? (operation.http?.status ?? 200) : 206
}

const codecs = new Map<string, Codec>()

function codecOf({ id, xmlNamespace }: ServiceDefinition): Codec {
  let codec = codecs.get(id)
  if (codec === undefined) {
    codec = xmlCodec(xmlNamespace)
    codecs.set(id, codec)
  }
  return codec
}

async function asXml<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'SerializationException') throw error
    throw malformedXml(error)
  }
}

/** Its XML is not wrapped (`s3UnwrappedXmlOutput`), a trait that the client's schemas leave out. */
function bucketLocation({ xmlNamespace = '' }: ServiceDefinition, output: Output): string {
  const location = escapeXml(String(output.LocationConstraint ?? ''))
  return `${XML_DECLARATION}<LocationConstraint xmlns="${xmlNamespace}">${location}</LocationConstraint>`
}
