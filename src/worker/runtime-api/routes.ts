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
import type { BodyTaker, Connection, Reply } from './connection.ts'
import type { RequestHead } from './request.ts'

/** What a runtime can say, as the environment hears it. Each returns why it is refused, if it is. */
export interface RuntimeCalls {
  next(connection: Connection): Refusal | undefined
  response(requestId: string, answer: Answer): Refusal | undefined
  /** A response begins that is to be streamed; undefined where it is to be collected, be it to be refused. */
  stream?(requestId: string, contentType: string): StreamedResponse | undefined
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
  /** As the runtime gave it within a streamed response, for who takes that. */
  readonly givenErrorType?: string
  /** JSON of an error's cause, for the function's trace. */
  readonly errorCause?: string
}

/** Takes a response as it comes. */
export interface StreamedResponse {
  /** Where this returns a promise, no more is read until it resolves. */
  take(piece: Buffer): Promise<void> | undefined
  /** All of it was taken; `failure` where the handler failed on the way. Returns why it is refused, if it is. */
  end(failure: Answer | undefined): Refusal | undefined
  /** The connection ended within it. */
  broken(): void
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

/** Who takes the body of a request as it comes. */
export function takerOf(calls: RuntimeCalls, head: RequestHead): BodyTaker | undefined {
  if (head.responseMode !== 'streaming' || head.method !== 'POST' || !head.path.startsWith(INVOCATION))
    return undefined
  const [requestId, what] = partsOf(head.path)
  if (what !== '/response') return undefined
  const streamed = calls.stream?.(requestId, head.contentType ?? STREAM_TYPE)
  if (streamed === undefined) return undefined
  return {
    take: (piece) => streamed.take(piece),
    end: (trailers) => replyTo(streamed.end(errorInTrailers(trailers)), 'accepted'),
    broken: () => streamed.broken(),
  }
}

/** The id, and what is said of it: `/response`. */
function partsOf(path: string): [requestId: string, what: string] {
  const slash = path.indexOf('/', INVOCATION.length)
  if (slash < 0) return [path.slice(INVOCATION.length), '']
  return [path.slice(INVOCATION.length, slash), path.slice(slash)]
}

function answer(calls: RuntimeCalls, head: RequestHead, body: Body): Reply {
  const [requestId, what] = partsOf(head.path)
  if (what === '/error') return replyTo(calls.error(requestId, answerOf(head, body)), 'accepted')
  if (what !== '/response') return { refused: unknownPath(head.method, head.path) }
  if (head.responseMode !== undefined && head.responseMode !== 'streaming')
    return { refused: INVALID_RESPONSE_MODE }

  const failure = errorInTrailers(body.trailers)
  const refused =
    failure === undefined ? calls.response(requestId, answerOf(head, body)) : calls.error(requestId, failure)
  return replyTo(refused ?? (body.tooLarge ? TOO_LARGE : undefined), 'accepted')
}

function replyTo(refused: Refusal | undefined, otherwise: Reply): Reply {
  return refused === undefined ? otherwise : { refused }
}

const STREAM_TYPE = 'application/octet-stream'

function answerOf(head: RequestHead, body: Body): Answer {
  const streamed = head.responseMode === 'streaming' ? STREAM_TYPE : undefined
  return {
    bytes: body.bytes,
    tooLarge: body.tooLarge,
    contentType: head.contentType ?? streamed,
    errorType: knownErrorType(head.errorType),
    ...(head.errorCause === undefined ? {} : causeOf(head.errorCause)),
  }
}

/** A streamed response that failed on the way says so behind its bytes, with the error's JSON in base64. */
function errorInTrailers(trailers: Body['trailers']): Answer | undefined {
  const errorType = trailers.get('lambda-runtime-function-error-type')
  if (errorType === undefined) return undefined
  const encoded = trailers.get('lambda-runtime-function-error-body') ?? ''
  return {
    bytes: Buffer.from(encoded, 'base64'),
    tooLarge: false,
    contentType: 'application/json',
    errorType: knownErrorType(errorType),
    givenErrorType: errorType,
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
