import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation } from '../../wire/invocation.ts'
import type { Extension } from './extension.ts'

/** Why the environment is shut down, as extensions hear it. */
export type ShutdownReason = 'spindown' | 'timeout' | 'failure'

export function registered({ id }: Extension, fn: FunctionVersion, features: string): string {
  const wantsAccount = features.split(',').some((feature) => feature.trim() === 'accountId')
  const body = {
    functionName: fn.name,
    functionVersion: fn.version,
    handler: fn.handler,
    ...(wantsAccount ? { accountId: fn.accountId } : {}),
  }
  return answer(body, `Lambda-Extension-Identifier: ${id}\r\n`)
}

export function invokeEvent(invocation: Invocation, deadlineMs: number): object {
  const { requestId, invokedFunctionArn, traceHeader } = invocation
  return {
    eventType: 'INVOKE',
    deadlineMs,
    requestId,
    invokedFunctionArn,
    tracing: { type: 'X-Amzn-Trace-Id', value: traceHeader },
  }
}

export function shutdownEvent(shutdownReason: ShutdownReason, deadlineMs: number): object {
  return { eventType: 'SHUTDOWN', shutdownReason, deadlineMs }
}

/** An event, as the answer of the GET that waits for it. */
export function eventAnswer(event: object, eventId: string): string {
  return answer(event, `Lambda-Extension-Event-Identifier: ${eventId}\r\n`)
}

function answer(body: object, fields: string): string {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${fields}Content-Length: ${length}\r\n\r\n${text}`
}
