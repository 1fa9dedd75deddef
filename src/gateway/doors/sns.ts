import type { FrontDoor } from '../front-door.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import { json } from './json.ts'
import type { Operator } from './operator.ts'

const CERTIFICATE = /^\/SimpleNotificationService-([0-9a-f]{32})\.pem$/

/** `GET /SimpleNotificationService-<id>.pem`: what messages of SNS name as their SigningCertURL. */
export function certificateDoor(find: (id: string) => Promise<string | undefined>): FrontDoor {
  return {
    matches: ({ path }) => CERTIFICATE.test(path),
    handle: async ({ path }) => {
      const [, id = ''] = CERTIFICATE.exec(path) ?? []
      const pem = await find(id)
      if (pem === undefined) return json(404, { message: 'There is no such certificate.' })
      return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: pem }
    },
  }
}

interface Scope {
  readonly accountId: string
  readonly region: string
}

/** What the room of SNS keeps instead of sending it. */
export interface SnsOutbox {
  list(scope: Scope, to?: string): Promise<readonly object[]>
  clear(scope: Scope): Promise<void>
  optOut(scope: Scope, number: string): Promise<void>
}

export interface SnsOutboxOptions {
  readonly outbox: SnsOutbox
  readonly operator: Operator
  /** Where a request names none. */
  readonly defaults: Scope
}

const OUTBOX = '/_lambdad/sns/outbox'
const OPTED_OUT = '/_lambdad/sns/opted-out/'

/**
 * E-mails and text messages that SNS would have sent: `GET /_lambdad/sns/outbox`, with `account`, `region` and `to`
 * as it is wanted; `DELETE` empties it. `PUT /_lambdad/sns/opted-out/+15551234567` is what a phone's STOP would be.
 */
export function snsOutboxDoor(options: SnsOutboxOptions): FrontDoor {
  return {
    matches: ({ path }) => path === OUTBOX || path.startsWith(OPTED_OUT),
    handle: (request) => handle(options, request),
  }
}

async function handle(options: SnsOutboxOptions, request: HttpRequest): Promise<HttpResponse> {
  const { outbox, operator, defaults } = options
  const { method, path, query, headers } = request
  const who = await operator(headers)
  if (who === undefined) return refusal()
  const region = query.get('region') ?? defaults.region
  const scope = { accountId: who.accountId ?? query.get('account') ?? defaults.accountId, region }
  if (path === OUTBOX && method === 'GET') {
    return json(200, { messages: await outbox.list(scope, query.get('to') ?? undefined) })
  }
  if (path === OUTBOX && method === 'DELETE') {
    await outbox.clear(scope)
    return json(200, {})
  }
  if (path !== OUTBOX && method === 'PUT') return optOut(outbox, scope, path.slice(OPTED_OUT.length))
  return json(405, { message: `${method} means nothing here.` })
}

async function optOut(outbox: SnsOutbox, scope: Scope, encoded: string): Promise<HttpResponse> {
  const number = /^(?:\+|%2B)(\d{2,15})$/i.exec(encoded)?.[1]
  if (number === undefined) return json(400, { message: 'A phone number is a plus and up to 15 digits.' })
  await outbox.optOut(scope, `+${number}`)
  return json(200, {})
}

function refusal(): HttpResponse {
  const response = json(401, { message: 'This needs the root access key, as id and secret of HTTP Basic.' })
  return { ...response, headers: { ...response.headers, 'www-authenticate': 'Basic realm="lambdad"' } }
}
