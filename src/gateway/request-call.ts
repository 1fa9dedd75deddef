import type { Call } from '../aws/operation.ts'
import type { Authenticated } from './authenticator.ts'
import { endpointOf } from './host.ts'
import type { HttpRequest } from './http.ts'

/** What an operation may know of a request. A class, as an object literal with a getter is slower to make. */
export class RequestCall implements Call {
  readonly accountId: string
  readonly region: string
  readonly principalArn: string
  readonly accessKeyId: string
  readonly requestId: string
  readonly traceHeader: string | undefined
  readonly trailers: Readonly<Record<string, string>>
  readonly #request: HttpRequest

  constructor(caller: Authenticated, request: HttpRequest, requestId: string, body: Pick<Call, 'trailers'>) {
    this.accountId = caller.accountId
    this.region = caller.region
    this.principalArn = caller.principalArn
    this.accessKeyId = caller.accessKeyId
    this.requestId = requestId
    this.traceHeader = request.headers['x-amzn-trace-id']
    this.trailers = body.trailers
    this.#request = request
  }

  get endpoint(): string {
    return endpointOf(this.#request.headers.host, 'localhost')
  }

  /** Looked at by few operations, and made when it is. */
  get signal(): AbortSignal {
    return this.#request.signal
  }
}
