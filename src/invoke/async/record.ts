import { formatArn } from '../../aws/arn.ts'
import type { QueueMessageAttribute } from '../../aws/ports/sqs.ts'
import { isoTime } from '../../base/iso-time.ts'
import type { Condition } from './after-run.ts'
import type { AsyncEvent, EventTarget } from './event.ts'

/** With the version or alias that was invoked, `$LATEST` where none was named. */
export function qualifiedArn(event: EventTarget): string {
  return `${unqualifiedArn(event)}:${event.qualifier ?? '$LATEST'}`
}

export function unqualifiedArn({ functionName, ...where }: EventTarget): string {
  return formatArn({ service: 'lambda', ...where, resource: `function:${functionName}` })
}

/** What a destination gets, as JSON (Developer Guide, "Retaining records of asynchronous invocations"). */
export function destinationRecord(
  event: AsyncEvent,
  payload: Uint8Array,
  condition: Condition,
  now: number,
): string {
  const { response } = event
  const requestContext = {
    requestId: event.requestId,
    functionArn: qualifiedArn(event),
    condition,
    approximateInvokeCount: event.runs,
  }
  const responseContext = response && {
    statusCode: 200,
    executedVersion: response.executedVersion,
    ...(response.isError && { functionError: 'Unhandled' }),
  }
  const members = [
    '"version":"1.0"',
    `"timestamp":"${isoTime(now)}"`,
    `"requestContext":${JSON.stringify(requestContext)}`,
    `"requestPayload":${asJson(Buffer.from(payload).toString('utf8'))}`,
    ...(response
      ? [
          `"responseContext":${JSON.stringify(responseContext)}`,
          `"responsePayload":${asJson(response.payload)}`,
        ]
      : []),
  ]
  return `{${members.join(',')}}`
}

/** AWS sends the first KB of it. */
const ERROR_MESSAGE_BYTES_MAX = 1024
/** An error of the function is an answer like any other to Lambda. */
const ANSWERED = 200

/** What a dead-letter queue is told beside the event (Developer Guide, "Adding a dead-letter queue"). */
export function deadLetterAttributes(event: AsyncEvent): Record<string, QueueMessageAttribute> {
  const message = event.refusal?.message ?? errorMessageOf(event.response?.payload)
  const text = Buffer.from(message)
    .subarray(0, ERROR_MESSAGE_BYTES_MAX)
    .toString('utf8')
    .replace(/\ufffd+$/, '')
  return {
    RequestID: { dataType: 'String', stringValue: event.requestId },
    ErrorCode: { dataType: 'Number', stringValue: String(event.refusal?.status ?? ANSWERED) },
    // Queues take no empty value.
    ...(text !== '' && { ErrorMessage: { dataType: 'String', stringValue: text } }),
  }
}

function errorMessageOf(payload: string | undefined): string {
  const parsed = payload === undefined ? undefined : parse(payload)
  const message = (parsed as { errorMessage?: unknown } | null | undefined)?.errorMessage
  return typeof message === 'string' ? message : (payload ?? '')
}

/** As it is where it is JSON, so that no number loses a digit; else as a text. */
function asJson(text: string): string {
  return parse(text) === undefined ? JSON.stringify(text) : text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
