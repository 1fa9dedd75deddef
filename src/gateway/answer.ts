import { AwsError } from '../aws/error.ts'
import type { Random } from '../base/random.ts'
import type { Authenticated, Authenticator } from './authenticator.ts'
import type { BodyBudget } from './body/budget.ts'
import { bodyLimitOf, FORM_LIMIT } from './body/limits.ts'
import { RequestBody } from './body/request-body.ts'
import type { LoadedService, ServiceDirectory } from './directory.ts'
import { incompleteBody, internalFailure, notSupported } from './errors.ts'
import { definitionOf, findRoute, readForm } from './find-route.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import type { Input, Output, Route } from './protocols/protocol.ts'
import { type Recognised, recognise } from './recognise.ts'
import { RequestCall } from './request-call.ts'
import { allowPage, answerPage } from './web-pages.ts'

export interface AnswerDeps {
  readonly directory: ServiceDirectory
  readonly authenticator: Authenticator
  readonly budget: BodyBudget
  readonly random: Random
  /** Told of what nobody was meant to see: defects, full disks. */
  readonly reportFault: (error: unknown, requestId: string) => void
}

/** What is learnt of a request on its way, for whoever has to word an error. */
interface Progress {
  readonly recognised: Recognised
  definition: Recognised['definition']
  service: LoadedService | undefined
  route: Route | undefined
}

/**
 * Answers one request to an AWS API.
 *
 * The order of the steps decides which error wins where a request is wrong in two ways: protocol, service,
 * operation, caller, size and syntax of the input, its constraints; then the operation's own refusals.
 */
export async function answer(deps: AnswerDeps, request: HttpRequest): Promise<HttpResponse> {
  const requestId = deps.random.uuid()
  const recognised = recognise(request, deps.directory)
  const progress: Progress = {
    recognised,
    definition: recognised.definition,
    service: undefined,
    route: undefined,
  }
  const body = new RequestBody(request, FORM_LIMIT, deps.budget)
  let response: HttpResponse
  try {
    response = await answerOrThrow(deps, request, requestId, { body, progress })
  } catch (error) {
    response = answerError(deps, asCallers(error, request), requestId, progress)
  } finally {
    body.release()
  }
  await allowPage(deps, progress.service, request, { response, requestId })
  response.headers[progress.definition?.id === 's3' ? 'x-amz-request-id' : 'x-amzn-requestid'] = requestId
  return response
}

async function answerOrThrow(
  deps: AnswerDeps,
  request: HttpRequest,
  requestId: string,
  { body, progress }: { body: RequestBody; progress: Progress },
): Promise<HttpResponse> {
  const { directory } = deps
  const { recognised } = progress
  const form = recognised.protocol.name === 'awsQuery' ? await readForm(request, body) : undefined
  const definition = definitionOf(recognised, form, directory)
  progress.definition = definition
  const service = directory.loaded(definition) ?? (await directory.load(definition))
  progress.service = service
  const ofPage = answerPage(deps, service, request, requestId)
  if (ofPage !== undefined) return ofPage
  const route = findRoute(recognised, service, request, form)
  progress.route = route
  body.limitTo(bodyLimitOf(definition, route.operation.name))

  const authenticated = authenticate(deps.authenticator, request, route, body)
  // What is there at once is not waited for: every Invoke passes here.
  const caller = authenticated instanceof Promise ? await authenticated : authenticated
  const run = service.operations[route.operation.name]
  if (run === undefined) throw notSupported(definition, route.operation.name)

  body.verifyWith(caller.body)
  // A form has been read already, to learn the operation, but not been held against its signature.
  if (form !== undefined) await body.bytes()
  const decoded = route.protocol.decode(route, request, body)
  const input = decoded instanceof Promise ? await decoded : decoded
  service.validator.validate(route.operation.input.schema, input)
  withBuffers(route, input)

  const call = new RequestCall(caller, request, requestId, body)
  const output = (await run(input as never, call)) as Output | undefined
  return route.protocol.encode(route, output ?? {}, { requestId, reportFault: deps.reportFault })
}

function authenticate(
  authenticator: Authenticator,
  request: HttpRequest,
  route: Route,
  body: RequestBody,
): Authenticated | Promise<Authenticated> {
  return authenticator.authenticate({
    method: request.method,
    path: request.path,
    search: request.search,
    headers: request.headers,
    service: route.definition,
    protocol: route.protocol.name,
    bodySha256: () => body.sha256(),
  })
}

/** Operations are promised blobs as Buffers; the codecs give some as plain byte arrays. */
function withBuffers(route: Route, input: Input): void {
  for (const name of route.operation.input.blobs) {
    const value = input[name]
    if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
      input[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
  }
}

/** An operation that reads a stream meets the end of its client there: no fault of ours. */
function asCallers(error: unknown, { body, signal }: HttpRequest): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const isBodysOwn = error === body.errored || code === 'ERR_STREAM_PREMATURE_CLOSE'
  const isAbort = signal.aborted && (error === signal.reason || code === 'ABORT_ERR')
  return isAbort || (isBodysOwn && error instanceof Error) ? incompleteBody() : error
}

function answerError(deps: AnswerDeps, error: unknown, requestId: string, progress: Progress): HttpResponse {
  const { recognised, definition, route } = progress
  if (!(error instanceof AwsError)) deps.reportFault(error, requestId)
  const shown = error instanceof AwsError ? error : internalFailure(definition)
  const model = route?.model ?? (definition && deps.directory.loaded(definition)?.model)
  try {
    return recognised.protocol.encodeError(shown, { definition, model, requestId })
  } catch (unwritable) {
    // An error with a member that its model cannot write.
    deps.reportFault(unwritable, requestId)
    return recognised.protocol.encodeError(internalFailure(definition), {
      definition,
      model: undefined,
      requestId,
    })
  }
}
