import type { WebAccess, WebRequest } from '../aws/web-access.ts'
import type { AnswerDeps } from './answer.ts'
import { readFormParts } from './body/multipart-form.ts'
import type { LoadedService } from './directory.ts'
import { pathStyle } from './find-route.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import { flatElements, XML_DECLARATION } from './protocols/xml.ts'
import { RequestCall } from './request-call.ts'

/** What web pages send beside operations, where the service answers such: whether they may send one, and forms. */
export function answerPage(
  deps: AnswerDeps,
  { webAccess }: LoadedService,
  request: HttpRequest,
  requestId: string,
): Promise<HttpResponse> | undefined {
  if (webAccess === undefined) return undefined
  if (request.method === 'OPTIONS') return answerPreflight(webAccess, request)
  const boundary = request.method === 'POST' ? boundaryOf(request) : undefined
  return boundary === undefined ? undefined : answerForm(deps, webAccess, request, { boundary, requestId })
}

/** Adds what lets a page of another origin read the answer. */
export async function allowPage(
  { reportFault }: AnswerDeps,
  service: LoadedService | undefined,
  request: HttpRequest,
  { response, requestId }: { readonly response: HttpResponse; readonly requestId: string },
): Promise<void> {
  if (request.headers.origin === undefined || service?.webAccess === undefined) return
  try {
    Object.assign(response.headers, await service.webAccess.corsHeaders(webRequest(request)))
  } catch (error) {
    reportFault(error, requestId)
  }
}

async function answerPreflight(webAccess: WebAccess, request: HttpRequest): Promise<HttpResponse> {
  return { status: 200, headers: { ...(await webAccess.preflight(webRequest(request))) } }
}

async function answerForm(
  { authenticator }: AnswerDeps,
  webAccess: WebAccess,
  request: HttpRequest,
  { boundary, requestId }: { readonly boundary: string; readonly requestId: string },
): Promise<HttpResponse> {
  const parts = await readFormParts(request.body, boundary)
  const caller = await authenticator.authenticateForm(parts.fields)
  const call = new RequestCall(caller, request, requestId, { trailers: {} })
  const { bucket } = webRequest(request)
  const { status, headers, body } = await webAccess.postForm({ bucket, ...parts }, call)
  if (body === undefined) return { status, headers: { ...headers } }
  const { element, members } = body
  return {
    status,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: `${XML_DECLARATION}<${element}>${flatElements(members)}</${element}>`,
  }
}

/** RFC 2046, 5.1.1: up to 70 characters. */
function boundaryOf({ headers }: HttpRequest): string | undefined {
  const type = headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b/i.test(type)) return undefined
  const [, quoted, bare] = /boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type) ?? []
  return quoted ?? bare
}

function webRequest(request: HttpRequest): WebRequest {
  const { method, headers } = request
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(pathStyle(request).path) ?? []
  return { method, bucket: decoded(bucket), key: decoded(key), headers }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
