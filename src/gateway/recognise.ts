import type { ProtocolName, ServiceDefinition } from '../aws/service.ts'
import { credentialScopeOf } from './credential-scope.ts'
import type { ServiceDirectory } from './directory.ts'
import { hostLabels } from './host.ts'
import type { HttpRequest } from './http.ts'
import { protocols } from './protocols/index.ts'
import type { Protocol } from './protocols/protocol.ts'

/**
 * What a request says of itself in its first lines: which protocol it speaks, so that whatever is wrong with
 * it is said in that, and, as far as they tell, which service and operation it means.
 */
export interface Recognised {
  readonly protocol: Protocol
  /** Undefined where no service of ours is meant, or (in the Query protocol) the body has to tell. */
  readonly definition: ServiceDefinition | undefined
  /** RPC protocols name the operation. */
  readonly operationName?: string
  /** What the request named where we have no such service: for the error. */
  readonly named?: string
}

/** `/2015-03-31/functions/…`: Lambda's paths begin with the date of their version. */
const LAMBDA_PATH = /^\/20\d\d-\d\d-\d\d\//
/** `/123456789012/queue`. */
const QUEUE_PATH = /^\/\d{12}\/[\w-]+(\.fifo)?$/
const RPC_PATH = /^\/service\/([^/]+)\/operation\/([^/]+)$/

export function recognise(request: HttpRequest, directory: ServiceDirectory): Recognised {
  const target = request.headers['x-amz-target']
  if (target !== undefined) return byTarget(target, request, directory)
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return byRpcPath(request, directory)
  const signingName = credentialScopeOf(request.headers, request.search)?.signingName
  const candidates = signingName === undefined ? [] : directory.withSigningName(signingName)
  // Unsigned, too, what has the form of Query and goes to a queue's URL is for SQS.
  const isForQueue = signingName === undefined && QUEUE_PATH.test(request.path)
  const speakers = isForQueue ? directory.withSigningName('sqs') : candidates
  if (isQueryProtocol(request, speakers, signingName !== undefined)) {
    const definition = speakers.find(({ queryVersion }) => queryVersion !== undefined)
    return { protocol: protocols.awsQuery, definition, named: signingName ?? '' }
  }
  if (signingName !== undefined && candidates.length === 0) {
    return { protocol: protocols.restJson1, definition: undefined, named: signingName }
  }
  return byPath(request, candidates, directory)
}

/** `DynamoDB_20120810.PutItem`, in the version of awsJson that the content type says. */
function byTarget(target: string, request: HttpRequest, directory: ServiceDirectory): Recognised {
  const dot = target.lastIndexOf('.')
  const definition = directory.withTarget(target.slice(0, dot))
  const contentType = request.headers['content-type'] ?? ''
  return {
    protocol: protocols[jsonVersion(contentType, definition)],
    definition,
    operationName: target.slice(dot + 1),
    named: target,
  }
}

function jsonVersion(contentType: string, definition: ServiceDefinition | undefined): ProtocolName {
  if (contentType.includes('json-1.0')) return 'awsJson1_0'
  if (contentType.includes('json-1.1')) return 'awsJson1_1'
  return definition?.protocols.find((name) => name.startsWith('awsJson')) ?? 'awsJson1_1'
}

function byRpcPath(request: HttpRequest, directory: ServiceDirectory): Recognised {
  const [, service = '', operationName = ''] = RPC_PATH.exec(request.path) ?? []
  const definition = directory.withTarget(service)
  return { protocol: protocols.rpcv2Cbor, definition, operationName, named: service }
}

/**
 * Whether the request's form, or its URL's query, holds the parameters. curl calls every body a form, hence
 * the look at who is meant. What is signed need not name a version: a link to a queue's URL seldom does.
 */
function isQueryProtocol(
  request: HttpRequest,
  candidates: readonly ServiceDefinition[],
  isSigned: boolean,
): boolean {
  const contentType = request.headers['content-type'] ?? ''
  const isForm = request.method === 'POST' && contentType.startsWith('application/x-www-form-urlencoded')
  const hasQueryVersion = candidates.some(({ queryVersion }) => queryVersion !== undefined)
  const isLink = request.query.has('Action') && (hasQueryVersion || request.query.has('Version'))
  if (!isForm && !isLink) return false
  if (isSigned) return candidates.length === 0 || hasQueryVersion
  return !LAMBDA_PATH.test(request.path)
}

/** REST services: those that share a signing name are told apart by path, unsigned requests by path or Host. */
function byPath(
  request: HttpRequest,
  candidates: readonly ServiceDefinition[],
  directory: ServiceDirectory,
): Recognised {
  const signedFor = candidates.find(({ path }) => path === undefined || path.test(request.path))
  const definition = signedFor ?? unsignedService(request, directory)
  return { protocol: protocols[definition?.protocols[0] ?? 'restXml'], definition }
}

function unsignedService(request: HttpRequest, directory: ServiceDirectory): ServiceDefinition | undefined {
  const [label = ''] = hostLabels(request.headers.host)
  const [byHost] = directory.withSigningName(label)
  if (byHost !== undefined) return byHost
  return directory.withId(LAMBDA_PATH.test(request.path) ? 'lambda' : 's3')
}
