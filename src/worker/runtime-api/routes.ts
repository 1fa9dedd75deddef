import type { ExternalExtension } from '../extensions/external.ts'
import { isForExtensions } from '../extensions/routes.ts'
import {
  INVALID_RESPONSE_MODE,
  invalidTransition,
  PONG,
  type Refusal,
  TOO_LARGE,
  unknownPath,
} from './answers.ts'
import type { Body } from './body.ts'
import type { Connection, Reply } from './connection.ts'
import type { RequestHead } from './request.ts'

/** What a runtime can say, as the environment hears it. Each returns why it is refused, if it is. */
export interface RuntimeCalls {
  next(connection: Connection): Refusal | undefined
  response(requestId: string, answer: Answer): Refusal | undefined
  error(requestId: string, answer: Answer): Refusal | undefined
  initError(answer: Answer): Refusal | undefined
  closed(connection: Connection): void
  /** A runtime that was booted without a function asks for one. There only until it has got it. */
  function?(connection: Connection): Refusal | undefined
  /** A runtime is ready for its snapshot. Absent where there is none to be made. */
  restore?(connection: Connection): Reply
  /** What an extension says, by the Extensions API or the Telemetry API. */
  extension(connection: Connection, head: RequestHead, body: Body): Reply
  /** Extensions that are to be started before the runtime; one that cannot be is a `CannotStart`. */
  external(found: readonly ExternalExtension[]): void
}

export interface Answer {
  readonly bytes: Buffer
  /** The limit was passed, and the bytes were dropped. */
  readonly tooLarge: boolean
  readonly contentType: string | undefined
  /** `Runtime.X` or `Function.X`, as the runtime reports it for logs. */
  readonly errorType: string
  /** JSON of an error's cause, for the function's trace. */
  readonly errorCause?: string
}

const INVOCATION = '/2018-06-01/runtime/invocation/'
const NEXT = `${INVOCATION}next`

/** Ours: where a runtime that waits in a pool asks for its function. */
const FUNCTION = '/lambdad/function'

/** The Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export function route(calls: RuntimeCalls, connection: Connection, head: RequestHead, body: Body): Reply {
  const { method, path } = head
  if (method === 'GET' && path === NEXT) return replyTo(calls.next(connection), 'waiting')
  if (method === 'POST' && path.startsWith(INVOCATION)) return answer(calls, head, body)
  if (method === 'GET' && path === '/2018-06-01/runtime/restore/next') {
    return calls.restore?.(connection) ?? { refused: invalidTransition('Started', 'RestoreReady') }
  }
  if (method === 'POST' && /^\/2018-06-01\/runtime\/(init|restore)\/error$/.test(path)) {
    return replyTo(calls.initError(answerOf(head, body)), 'accepted')
  }
  if (method === 'GET' && path === FUNCTION && calls.function !== undefined) {
    return replyTo(calls.function(connection), 'waiting')
  }
  if (isForExtensions(path)) return calls.extension(connection, head, body)
  if (method === 'GET' && (path === '/ping' || path === '/2018-06-01/ping')) return { text: PONG }
  return { refused: unknownPath(method, path) }
}

function answer(calls: RuntimeCalls, head: RequestHead, body: Body): Reply {
  const slash = head.path.indexOf('/', INVOCATION.length)
  const requestId = head.path.slice(INVOCATION.length, slash < 0 ? undefined : slash)
  const what = slash < 0 ? '' : head.path.slice(slash)
  if (what === '/error') return replyTo(calls.error(requestId, answerOf(head, body)), 'accepted')
  if (what !== '/response') return { refused: unknownPath(head.method, head.path) }
  if (head.responseMode !== undefined && head.responseMode !== 'streaming')
    return { refused: INVALID_RESPONSE_MODE }

  const failedMidway = body.trailers.get('lambda-runtime-function-error-type')
  const refused =
    failedMidway === undefined
      ? calls.response(requestId, answerOf(head, body))
      : calls.error(requestId, errorInTrailers(failedMidway, body))
  return replyTo(refused ?? (body.tooLarge ? TOO_LARGE : undefined), 'accepted')
}

function replyTo(refused: Refusal | undefined, otherwise: Reply): Reply {
  return refused === undefined ? otherwise : { refused }
}

function answerOf(head: RequestHead, body: Body): Answer {
  const streamed = head.responseMode === 'streaming' ? 'application/octet-stream' : undefined
  return {
    bytes: body.bytes,
    tooLarge: body.tooLarge,
    contentType: head.contentType ?? streamed,
    errorType: knownErrorType(head.errorType),
    ...(head.errorCause === undefined ? {} : causeOf(head.errorCause)),
  }
}

/** A streamed response that failed on the way says so behind its bytes, with the error's JSON in base64. */
function errorInTrailers(errorType: string, body: Body): Answer {
  const encoded = body.trailers.get('lambda-runtime-function-error-body') ?? ''
  return {
    bytes: Buffer.from(encoded, 'base64'),
    tooLarge: false,
    contentType: 'application/json',
    errorType: knownErrorType(errorType),
  }
}

/** Types go into logs and metrics, so AWS lets through only what looks like one. */
function knownErrorType(errorType: string | undefined): string {
  if (errorType !== undefined && /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/.test(errorType)) return errorType
  return errorType?.startsWith('Function.') ? 'Function.Unknown' : 'Runtime.Unknown'
}

/** AWS takes 64 KB of it; what is longer, or no JSON, no trace can show. */
const CAUSE_BYTES_MAX = 64 * 1024

function causeOf(errorCause: string): { errorCause?: string } {
  if (errorCause.length > CAUSE_BYTES_MAX) return {}
  try {
    JSON.parse(errorCause)
    return { errorCause }
  } catch {
    return {}
  }
}
