import type { HttpRequest, HttpResponse } from './http.ts'

/**
 * Something on the gateway's port that is no AWS API: health, administration, downloads of code; later
 * function URLs, API Gateway stages and the console. Front doors are asked in their order, before any AWS
 * API, and the first that matches answers.
 */
export interface FrontDoor {
  /** Cheap: asked of every request. */
  matches(request: HttpRequest): boolean
  /** The body is the door's own to read and to bound. An `AwsError` thrown is answered as JSON. */
  handle(request: HttpRequest): HttpResponse | Promise<HttpResponse>
}
