import type { AwsError } from '../../aws/error.ts'
import type { ProtocolName, ServiceDefinition } from '../../aws/service.ts'
import type { RequestBody } from '../body/request-body.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import type { OperationModel, ServiceModel } from '../model/service-model.ts'
import type { FormNode } from './query-form.ts'

/** One of AWS's wire protocols: how an operation's input, output and errors are put into HTTP. */
export interface Protocol {
  readonly name: ProtocolName
  /** The operation's input. Its leaves have not been checked: codecs let a number pass for a string. */
  decode(route: Route, request: HttpRequest, body: RequestBody): Input | Promise<Input>
  encode(route: Route, output: Output, answer: AnswerContext): HttpResponse
  encodeError(error: AwsError, service: ErrorContext): HttpResponse
}

export type Input = Record<string, unknown>
/** What an operation returned. */
export type Output = Readonly<Record<string, unknown>>

/** The operation that a request means. */
export interface Route {
  readonly definition: ServiceDefinition
  readonly model: ServiceModel
  readonly operation: OperationModel
  readonly protocol: Protocol
  /** Labels of a REST path, still percent-encoded. */
  readonly labels: Readonly<Record<string, string>>
  /** The parameters of a Query request. */
  readonly form: FormNode | undefined
}

export interface AnswerContext {
  readonly requestId: string
  /** Called with what breaks after the answer has begun: within a stream of events. */
  readonly reportFault: (error: unknown, requestId: string) => void
}

/** What is known of the service when an error is answered: as good as nothing, where the request was garbage. */
export interface ErrorContext {
  readonly definition: ServiceDefinition | undefined
  readonly model: ServiceModel | undefined
  readonly requestId: string
}
