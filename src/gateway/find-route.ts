import { AwsError } from '../aws/error.ts'
import type { ServiceDefinition } from '../aws/service.ts'
import { decodedHeaders } from './body/aws-chunked.ts'
import { decompressed } from './body/gzip.ts'
import type { RequestBody } from './body/request-body.ts'
import type { LoadedService, ServiceDirectory } from './directory.ts'
import { unknownService } from './errors.ts'
import { bucketOfHost } from './host.ts'
import type { HttpRequest } from './http.ts'
import { findOperation, type RestRequest } from './model/rest-router.ts'
import type { Protocol, Route } from './protocols/protocol.ts'
import { type Form, parseForm } from './protocols/query-form.ts'
import type { Recognised } from './recognise.ts'

const NO_LABELS = {}

/** A request whose service is known: of the operation it is known whether there is one. */
export interface Destination {
  readonly service: LoadedService
  readonly route: Route
}

/** The service that a Query request means: its signature tells, or the version in its form. */
export async function readForm(request: HttpRequest, body: RequestBody): Promise<Form> {
  const bytes = await decompressed(decodedHeaders(request.headers), await body.bytes())
  return parseForm(bytes.length > 0 ? bytes.toString('utf8') : request.search)
}

export function definitionOf(
  recognised: Recognised,
  form: Form | undefined,
  directory: ServiceDirectory,
): ServiceDefinition {
  const definition = recognised.definition ?? directory.withQueryVersion(form?.version)
  if (definition !== undefined) return definition
  const { protocol, named = '' } = recognised
  if (protocol.name === 'restJson1' || (form !== undefined && named !== '')) throw unknownService(named)
  throw unknownOperation(protocol, form?.action ?? named, form?.version)
}

export function findRoute(
  recognised: Recognised,
  service: LoadedService,
  request: HttpRequest,
  form: Form | undefined,
): Route {
  const { protocol } = recognised
  const { model } = service
  const { definition } = model
  const isRest = protocol.name === 'restJson1' || protocol.name === 'restXml'
  if (isRest) {
    const match = findOperation(model, definition.id === 's3' ? pathStyle(request) : request)
    if (match === undefined) throw unknownOperation(protocol, `${request.method} ${request.path}`)
    return { definition, model, protocol, operation: match.operation, labels: match.labels, form: undefined }
  }
  const name = form === undefined ? recognised.operationName : form.action
  const operation = name === undefined ? undefined : model.operations.get(name)
  if (operation === undefined) throw unknownOperation(protocol, name, form?.version)
  return { definition, model, protocol, operation, labels: NO_LABELS, form: form?.tree }
}

/** S3's buckets may stand in the Host. What is signed is the path as it came. */
export function pathStyle(request: HttpRequest): RestRequest {
  const bucket = bucketOfHost(request.headers.host)
  const { method, path, query, headers } = request
  return bucket === undefined ? request : { method, path: `/${bucket}${path}`, query, headers }
}

/** AWS's answer to an operation that no service has, which differs from protocol to protocol. */
function unknownOperation(protocol: Protocol, name: string | undefined, version?: string): AwsError {
  switch (protocol.name) {
    case 'awsQuery':
      return name === undefined
        ? new AwsError('MissingAction', 'The request must contain the parameter Action.', { status: 400 })
        : new AwsError('InvalidAction', unknownAction(name, version), { status: 400 })
    case 'restXml':
      return new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
        status: 405,
      })
    case 'awsJson1_0':
    case 'awsJson1_1':
      return new AwsError('UnknownOperationException', `There is no operation ${name ?? ''}.`, {
        status: 400,
      })
    default:
      return new AwsError('UnknownOperationException', `There is no operation ${name ?? ''}.`, {
        status: 404,
      })
  }
}

function unknownAction(name: string, version: string | undefined): string {
  if (version === undefined) return `The action ${name} is not valid for this endpoint.`
  return `Could not find operation ${name} for version ${version}`
}
