import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { Clock } from '../../../base/clock.ts'
import type { ApiDestination, Connection } from '../connection.ts'
import type { Delivery } from './delivery.ts'

/** Finds an API destination by its ARN, with the connection that it names. */
export type CallApi = (
  arn: string,
) => Promise<{ readonly destination: ApiDestination; readonly connection: Connection } | undefined>

/** Amazon EventBridge User Guide, "API destinations": a call may take that long. */
const TIMEOUT_MS = 5000

/** Calls an HTTP endpoint with what the connection authorises. @throws DeliveryError */
export async function callApiDestination(
  { callApi: find, clock }: { readonly callApi: CallApi; readonly clock: Clock },
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const { target } = delivery
  const found = await find(target.Arn)
  if (found === undefined) {
    throw new DeliveryError('NotFound', 'NO_RESOURCE', `The API destination ${target.Arn} does not exist.`)
  }
  const { destination, connection } = found
  const tooLong = new AbortController()
  const timer = clock.after(TIMEOUT_MS, () => tooLong.abort(new Error('it took too long')))
  const response = await request(urlOf(destination, connection, target), {
    method: destination.method,
    headers: headersOf(connection, target),
    signal: AbortSignal.any([signal, tooLong.signal]),
    ...(!['GET', 'HEAD', 'OPTIONS'].includes(destination.method) && {
      body: bodyOf(connection, delivery.input),
    }),
  }).finally(() => timer.cancel())
  await response.body?.cancel()
  if (!response.ok) throw refused(response.status, destination.endpoint)
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    throw new DeliveryError(
      'Unavailable',
      'SDK_CLIENT_ERROR',
      `The endpoint ${url} could not be called.`,
      error,
    )
  }
}

/** 409, 429 and 5xx may pass; others stay (the guide's list of what is tried again). */
function refused(status: number, endpoint: string): DeliveryError {
  const message = `The endpoint ${endpoint} answered ${status}.`
  const mayPass = status === 409 || status === 429 || status >= 500
  return new DeliveryError(mayPass ? 'Unavailable' : 'Invalid', `HTTP_${status}`, message)
}

type Target = Delivery['target']

function urlOf(
  { endpoint }: ApiDestination,
  { parameters }: Connection,
  { HttpParameters = {} }: Target,
): string {
  let values = 0
  const path = endpoint.replaceAll('*', () =>
    encodeURIComponent(HttpParameters.PathParameterValues?.[values++] ?? '*'),
  )
  const url = new URL(path)
  for (const [name, value] of Object.entries(HttpParameters.QueryStringParameters ?? {}))
    url.searchParams.set(name, value)
  for (const { Key = '', Value = '' } of parameters.InvocationHttpParameters?.QueryStringParameters ?? []) {
    url.searchParams.set(Key, Value)
  }
  return url.href
}

function headersOf({ authorization, parameters }: Connection, { HttpParameters = {} }: Target): Headers {
  const headers = new Headers({
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Amazon/EventBridge/ApiDestinations',
  })
  for (const [name, value] of Object.entries(HttpParameters.HeaderParameters ?? {})) headers.set(name, value)
  for (const { Key = '', Value = '' } of parameters.InvocationHttpParameters?.HeaderParameters ?? [])
    headers.set(Key, Value)
  if (authorization === 'API_KEY') {
    const { ApiKeyName = '', ApiKeyValue = '' } = parameters.ApiKeyAuthParameters ?? {}
    headers.set(ApiKeyName, ApiKeyValue)
  } else {
    const { Username = '', Password = '' } = parameters.BasicAuthParameters ?? {}
    headers.set('authorization', `Basic ${Buffer.from(`${Username}:${Password}`).toString('base64')}`)
  }
  return headers
}

/** The connection's own members are added to a body that is a JSON object. */
function bodyOf({ parameters }: Connection, input: string): string {
  const added = parameters.InvocationHttpParameters?.BodyParameters ?? []
  if (added.length === 0) return input
  const body: unknown = JSON.parse(input)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return input
  return JSON.stringify({
    ...body,
    ...Object.fromEntries(added.map(({ Key = '', Value = '' }) => [Key, Value])),
  })
}
