import type { Invocation } from '../../wire/invocation.ts'

/** Lambda's limit on what a handler returns: 6 MB, and 100 bytes for an envelope. */
export const RESPONSE_BYTES_MAX = 6 * 1024 * 1024 + 100

/** Why the Runtime API refuses a call. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 413 | 500
  readonly errorType: string
  readonly errorMessage: string
}

const REASONS: Readonly<Record<Refusal['status'], string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
}

// The bodies and statuses below are those of AWS's own server (aws-lambda-runtime-interface-emulator).

export const INVALID_REQUEST_ID: Refusal = {
  status: 400,
  errorType: 'InvalidRequestID',
  errorMessage: 'Invalid request ID',
}

export const TRUNCATED: Refusal = {
  status: 400,
  errorType: 'TruncatedHTTPRequest',
  errorMessage: 'HTTP request detected as truncated',
}

export const INVALID_RESPONSE_MODE: Refusal = {
  status: 400,
  errorType: 'InvalidFunctionResponseMode',
  errorMessage: 'Invalid function response mode',
}

export const TOO_LARGE: Refusal = {
  status: 413,
  errorType: 'RequestEntityTooLarge',
  errorMessage: `Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
}

export function invalidTransition(from: string, to: string): Refusal {
  return {
    status: 403,
    errorType: 'InvalidStateTransition',
    errorMessage: `State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed`,
  }
}

export function malformed(message: string): Refusal {
  return { status: 400, errorType: 'InvalidRequestFormat', errorMessage: message }
}

export function unknownPath(method: string, path: string): Refusal {
  return {
    status: 404,
    errorType: 'NotFound',
    errorMessage: `There is no ${method} ${path} in the Runtime API.`,
  }
}

export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

export const ACCEPTED =
  'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'

/** To `restore/next`, where init and the invocations are one process. */
export const RESTORED = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

export const PONG = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\npong'

export function refusalText({ status, errorType, errorMessage }: Refusal): string {
  const body = JSON.stringify({ errorMessage, errorType })
  const length = Buffer.byteLength(body)
  return `HTTP/1.1 ${status} ${REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`
}

/** The head that goes before an event's bytes. Header names and their order are AWS's. */
export function eventHead(invocation: Invocation, deadlineMs: number): string {
  return (
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n' +
    `Lambda-Runtime-Aws-Request-Id: ${invocation.requestId}\r\n` +
    `Lambda-Runtime-Deadline-Ms: ${deadlineMs}\r\n` +
    `Lambda-Runtime-Invoked-Function-Arn: ${invocation.invokedFunctionArn}\r\n` +
    field('Lambda-Runtime-Trace-Id', invocation.traceHeader) +
    field('Lambda-Runtime-Client-Context', invocation.clientContext) +
    field('Lambda-Runtime-Cognito-Identity', invocation.cognitoIdentity) +
    field('Lambda-Runtime-Aws-Tenant-Id', invocation.tenantId) +
    `Content-Length: ${invocation.payload.length}\r\n\r\n`
  )
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x1f\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const CONTROLS_ALL = /[\x00-\x1f\x7f]+/g

/** These come from callers: a line break in one would make a header of its own. */
function field(name: string, value: string | undefined): string {
  if (value === undefined || value === '') return ''
  return `${name}: ${CONTROLS.test(value) ? value.replace(CONTROLS_ALL, ' ') : value}\r\n`
}
