import { AwsError } from '../../aws/error.ts'
import type { FoundFunction } from '../../invoke/async/deps.ts'
import type { EventTarget } from '../../invoke/async/event.ts'
import type { NewEvent } from '../../invoke/async/invocations.ts'
import { EVENT_BYTES_MAX } from '../../invoke/async/settings.ts'
import { StoreError } from '../../store/errors.ts'
import type { FunctionDirectory, ResolvedFunction } from './directory.ts'
import { limitsOf } from './invocation-limits.ts'
import { eventNotKept, eventTooLarge, tooManyEvents } from './invoke-errors.ts'

/** Keeps an event; resolves once it is durable. Throws StoreError. */
export type KeepEvent = (event: NewEvent) => Promise<void>

export interface GivenEvent {
  readonly requestId: string
  /** JSON. */
  readonly payload: Uint8Array
  readonly tenantId: string | undefined
  readonly traceHeader: string | undefined
}

/**
 * Takes an event for asynchronous invocation. A client context is for synchronous invocations only: AWS drops it, too.
 *
 * @throws AwsError where it is too large, or could not be kept.
 */
export async function acceptEvent(
  keep: KeepEvent,
  resolved: ResolvedFunction,
  { requestId, payload, tenantId, traceHeader }: GivenEvent,
  bytesMax: number = EVENT_BYTES_MAX,
): Promise<void> {
  const bytes = payload.byteLength
  if (bytes > bytesMax) throw eventTooLarge(bytes, bytesMax)
  try {
    await keep({
      ...targetOf(resolved),
      requestId,
      payload,
      ...(tenantId !== undefined && { tenantId }),
      ...(traceHeader !== undefined && { traceHeader }),
    })
  } catch (error) {
    throw inAwsWords(error)
  }
}

/** The function by the name that its caller used. */
function targetOf({ fn, isQualified, invokedFunctionArn }: ResolvedFunction): EventTarget {
  const { accountId, region, name: functionName } = fn
  const target = { accountId, region, functionName }
  return isQualified ? { ...target, qualifier: invokedFunctionArn.slice(fn.arn.length + 1) } : target
}

/** What the queue asks of the control plane at each attempt: the function as it is now. */
export function findForEvents(deps: {
  readonly directory: FunctionDirectory
  readonly concurrency: number
}): (target: EventTarget) => Promise<FoundFunction | undefined> {
  return async (target) => {
    try {
      const resolved = await deps.directory.resolve(target, target.functionName, target.qualifier)
      const { fn, invokedFunctionArn, executedVersion, eventSettings, recursiveLoop } = resolved
      const limits = limitsOf(deps, resolved, target)
      return {
        request: { fn, invokedFunctionArn, limits, ...(recursiveLoop && { recursiveLoop }) },
        executedVersion,
        settings: eventSettings,
      }
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined
      throw error
    }
  }
}

function inAwsWords(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error
  if (error.code === 'StoreBusy') return tooManyEvents(error)
  return eventNotKept(error)
}
