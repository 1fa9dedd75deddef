import type { AwsError } from '../../aws/error.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import { type Schema, STRUCTURE, schemaOf, tupleOf } from '../model/schema.ts'
import type { OperationModel } from '../model/service-model.ts'
import { errorFacts } from './error-facts.ts'
import type { AnswerContext, ErrorContext, Input, Output, Protocol, Route } from './protocol.ts'
import { readForm } from './query-form.ts'
import { errorElements, escapeXml, plainXml, XML_DECLARATION } from './xml.ts'

const HEADERS = { 'content-type': 'text/xml' }

/** awsQuery: form fields in, XML out. IAM, STS, SNS, CloudFormation, and older clients of SQS and CloudWatch. */
export const awsQuery: Protocol = {
  name: 'awsQuery',

  async decode({ definition, operation, form = {} }: Route, request: HttpRequest): Promise<Input> {
    if (operation.input.isUnit) return {}
    const input = readForm(operation.input.schema, form) as Input
    return { ...urlMember(definition.urlMember, operation, request), ...input }
  },

  encode({ definition, operation }: Route, output: Output, { requestId }: AnswerContext): HttpResponse {
    const result = operation.output.isUnit ? '' : plainXml.write(resultSchemaOf(operation), output)
    const metadata = `<ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata>`
    const tag = `${operation.name}Response`
    const body = `<${tag} xmlns="${definition.xmlNamespace}">${result}${metadata}</${tag}>`
    return { status: 200, headers: { ...HEADERS }, body: XML_DECLARATION + body }
  },

  encodeError(error: AwsError, context: ErrorContext): HttpResponse {
    const facts = errorFacts(error, context)
    const inWords = { ...facts, message: error.queryMessage }
    const elements = `<Error><Type>${facts.sender}</Type>${errorElements(inWords)}</Error>`
    const id = `<RequestId>${escapeXml(context.requestId)}</RequestId>`
    const xmlns = context.definition?.xmlNamespace ? ` xmlns="${context.definition.xmlNamespace}"` : ''
    const body = `${XML_DECLARATION}<ErrorResponse${xmlns}>${elements}${id}</ErrorResponse>`
    return { status: facts.queryStatus, headers: { ...HEADERS }, body }
  },
}

/** Older clients send what they want of a queue to the queue's own URL. */
function urlMember(
  member: string | undefined,
  { input }: OperationModel,
  { headers, path }: HttpRequest,
): Input {
  if (member === undefined || path === '/' || !tupleOf(input.schema)[4].includes(member)) return {}
  return { [member]: `http://${headers.host ?? 'localhost'}${path}` }
}

const resultSchemas = new WeakMap<OperationModel, Schema>()

/** The output as `<CreateRoleResult>`, whatever name its structure has, in XML or at all. */
function resultSchemaOf(operation: OperationModel): Schema {
  const known = resultSchemas.get(operation)
  if (known !== undefined) return known
  const [, namespace, , traits, memberNames, memberRefs] = tupleOf(operation.output.schema)
  const { xmlName: _, ...otherTraits } = typeof traits === 'object' ? traits : {}
  const name = `${operation.name}Result`
  const schema = schemaOf([STRUCTURE, namespace, name, otherTraits, memberNames, memberRefs])
  resultSchemas.set(operation, schema)
  return schema
}
