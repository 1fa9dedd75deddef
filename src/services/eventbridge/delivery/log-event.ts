import type { Delivery } from './delivery.ts'

/**
 * What a log group is given. An input that the rule's owner made may say time and message of the log event (Amazon
 * EventBridge User Guide, "Amazon EventBridge input transformation"); anything else is the message.
 */
export function logEventOf({ target, input, event }: Delivery): { timestamp: number; message: string } {
  const { timestamp, message } =
    (target.Input ?? target.InputTransformer) === undefined ? {} : membersOf(input)
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : Number(timestamp ?? Number.NaN)
  return {
    timestamp: Number.isNaN(time) ? Date.parse(event.time) : time,
    message: textOf(message) ?? input,
  }
}

function membersOf(input: string): { readonly timestamp?: unknown; readonly message?: unknown } {
  try {
    const value: unknown = JSON.parse(input)
    if (typeof value === 'object' && value !== null && 'timestamp' in value && 'message' in value)
      return value
  } catch {}
  return {}
}

function textOf(message: unknown): string | undefined {
  return typeof message === 'string' || message === undefined ? message : JSON.stringify(message)
}
