import { AwsError } from '../../aws/error.ts'
import type { Call } from '../../aws/operation.ts'
import type { Operations } from '../../aws/service.ts'
import type { Random } from '../../base/random.ts'
import type { FrontDoor } from '../front-door.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'

const ACTIONS = ['ConfirmSubscription', 'Unsubscribe']
/** By which a query says that it is signed, in either way that there is. */
const SIGNED = ['X-Amz-Signature', 'X-Amz-Credential', 'Signature', 'AWSAccessKeyId']

export interface SnsLinksOptions {
  readonly operations: () => Promise<Operations>
  readonly random: Pick<Random, 'uuid'>
}

/**
 * The links in messages of SNS, `GET /?Action=ConfirmSubscription&TopicArn=…&Token=…` and `GET /?Action=Unsubscribe&…`:
 * whoever was sent one may follow it, unsigned and without the API's version. Nobody else can know a token or an id;
 * whether that is enough, the operation says.
 */
export function snsLinkDoor(options: SnsLinksOptions): FrontDoor {
  return {
    matches: ({ method, path, query, headers }) =>
      path === '/' &&
      method === 'GET' &&
      ACTIONS.includes(query.get('Action') ?? '') &&
      headers.authorization === undefined &&
      // Only who signs may ask for that.
      !query.has('AuthenticateOnUnsubscribe') &&
      !SIGNED.some((name) => query.has(name)),
    handle: (request) => follow(options, request),
  }
}

async function follow({ operations, random }: SnsLinksOptions, request: HttpRequest): Promise<HttpResponse> {
  const { query } = request
  const action = query.get('Action') ?? ''
  const requestId = random.uuid()
  const input = Object.fromEntries(
    ['TopicArn', 'Token', 'SubscriptionArn'].flatMap((name) => {
      const value = query.get(name)
      return value === null ? [] : [[name, value]]
    }),
  )
  try {
    const output = await (await operations())[action]?.(input as never, callOf(request, requestId))
    const { SubscriptionArn } = output as { readonly SubscriptionArn?: string }
    const arn = SubscriptionArn === undefined ? '' : element('SubscriptionArn', escaped(SubscriptionArn))
    const result = action === 'Unsubscribe' ? '' : element(`${action}Result`, arn)
    const metadata = element('ResponseMetadata', element('RequestId', requestId))
    return xml(200, requestId, `${action}Response`, result + metadata)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return refusal(error, requestId)
  }
}

/** Nobody: of no account, in the region that the link's ARN names. */
function callOf({ query, headers, signal }: HttpRequest, requestId: string): Call {
  const arn = query.get('TopicArn') ?? query.get('SubscriptionArn') ?? ''
  return {
    accountId: '',
    principalArn: 'anonymous',
    accessKeyId: '',
    region: arn.split(':')[3] ?? '',
    requestId,
    endpoint: `http://${headers.host ?? ''}`,
    traceHeader: undefined,
    trailers: {},
    signal,
  }
}

const STATUS: Readonly<Record<string, number>> = { AuthorizationErrorException: 403, NotFoundException: 404 }
/** Where no client's model says what the Query protocol calls them. */
const CODES: Readonly<Record<string, string>> = {
  AuthorizationErrorException: 'AuthorizationError',
  NotFoundException: 'NotFound',
}

function refusal({ code, queryCode, message }: AwsError, requestId: string): HttpResponse {
  const members = { Type: 'Sender', Code: CODES[code] ?? queryCode, Message: message }
  const inner = Object.entries(members).map(([name, value]) => element(name, escaped(value)))
  const body = element('Error', inner.join('')) + element('RequestId', requestId)
  return xml(STATUS[code] ?? 400, requestId, 'ErrorResponse', body)
}

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/'

function xml(status: number, requestId: string, root: string, inner: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<${root} xmlns="${NAMESPACE}">${inner}</${root}>`,
  }
}

function element(name: string, inner: string): string {
  return `<${name}>${inner}</${name}>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
