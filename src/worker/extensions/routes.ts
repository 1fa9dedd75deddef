import type { FunctionVersion } from '../../wire/function-version.ts'
import { type Refusal, unknownPath } from '../runtime-api/answers.ts'
import type { Body } from '../runtime-api/body.ts'
import type { Connection, Reply } from '../runtime-api/connection.ts'
import type { RequestHead } from '../runtime-api/request.ts'
import type { Api, Subscriptions } from '../telemetry-api/subscriptions.ts'
import { registered } from './answers.ts'
import { Extension } from './extension.ts'
import type { Extensions } from './extensions.ts'
import * as refusals from './refusals.ts'

const EXTENSION = '/2020-01-01/extension/'

/** Where extensions subscribe to telemetry, and which API that is. */
const SUBSCRIPTIONS: Readonly<Record<string, Api>> = {
  '/2022-07-01/telemetry': 'Telemetry',
  '/2020-08-15/logs': 'Logs',
}

/** Whether a path is one of the Extensions API's or the Telemetry API's. */
export function isForExtensions(path: string): boolean {
  return path.startsWith(EXTENSION) || path in SUBSCRIPTIONS
}

export interface ExtensionApis {
  readonly fn: FunctionVersion
  readonly extensions: Extensions
  readonly subscriptions: Subscriptions
}

/**
 * The Extensions API and the Telemetry API:
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */
export function route(apis: ExtensionApis, connection: Connection, head: RequestHead, body: Body): Reply {
  const call = `${head.method} ${head.path}`
  if (call === `POST ${EXTENSION}register`) return register(apis, head, body)
  const api = SUBSCRIPTIONS[head.path]
  const known = CALLS.includes(call) || (api !== undefined && head.method === 'PUT')
  if (!known) return { refused: unknownPath(head.method, head.path) }
  const extension = identified(apis.extensions, head)
  if (!(extension instanceof Extension)) return { refused: extension }
  if (api !== undefined) return apis.subscriptions.subscribe(api, extension.name, body.bytes)
  if (head.method === 'GET') return next(apis.extensions, extension, connection)
  return failed(apis.extensions, extension, head)
}

const CALLS = [`GET ${EXTENSION}event/next`, `POST ${EXTENSION}init/error`, `POST ${EXTENSION}exit/error`]

function register({ fn, extensions }: ExtensionApis, head: RequestHead, body: Body): Reply {
  const name = head.fields.get('lambda-extension-name') ?? ''
  if (name === '') return { refused: refusals.EMPTY_NAME }
  const events = eventsOf(body)
  if (typeof events === 'string') return { refused: refusals.invalidFormat(events) }
  const extension = extensions.register(name, events)
  if (!(extension instanceof Extension)) return { refused: extension }
  return { text: registered(extension, fn, head.fields.get('lambda-extension-accept-feature') ?? '') }
}

/** The events that are asked for, or what is wrong with the body. */
function eventsOf({ bytes, tooLarge }: Body): string[] | string {
  if (tooLarge) return 'the body is too large'
  let request: { events?: unknown; configurationKeys?: unknown } | null
  try {
    request = JSON.parse(bytes.toString())
  } catch (error) {
    return (error as Error).message
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return 'no JSON object'
  const { events = [], configurationKeys = [] } = request
  if (!Array.isArray(configurationKeys) || configurationKeys.length > 0)
    return 'configurationKeys are deprecated; use environment variables instead'
  const areNames = Array.isArray(events) && events.every((event) => typeof event === 'string')
  return areNames ? events : 'events is no list of names'
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function identified(extensions: Extensions, head: RequestHead): Extension | Refusal {
  const id = head.fields.get('lambda-extension-identifier') ?? ''
  if (id === '') return refusals.MISSING_IDENTIFIER
  if (!UUID.test(id)) return refusals.INVALID_IDENTIFIER
  return extensions.find(id.toLowerCase()) ?? refusals.unknownIdentifier(id)
}

function next(extensions: Extensions, extension: Extension, connection: Connection): Reply {
  const reply = extensions.next(extension, connection)
  if (reply === undefined) return 'waiting'
  return 'text' in reply ? reply : { refused: reply }
}

function failed(extensions: Extensions, extension: Extension, { path, fields }: RequestHead): Reply {
  const errorType = fields.get('lambda-extension-function-error-type') ?? ''
  if (errorType === '') return { refused: refusals.MISSING_ERROR_TYPE }
  const event = path.endsWith('init/error') ? 'initError' : 'exitError'
  const refused = extensions.failed(extension, event, errorType)
  return refused === undefined ? 'accepted' : { refused }
}
