import { parseArn } from '../../../aws/arn.ts'
import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { LambdaPort } from '../../../aws/ports/lambda.ts'
import type { MappedFunctions, Mapping, MappingSource } from '../../../invoke/mappings/mapping.ts'
import type { Changes } from '../../../store/changes.ts'
import type { FunctionDirectory } from '../directory.ts'
import { limitsOf } from '../invocation-limits.ts'
import { MAPPING_CHANGED } from '../topics.ts'
import { functionArnOf, type StoredMapping } from './mapping.ts'
import type { MappingStore } from './store.ts'

/** The mappings that pollers are to run. */
export function polledMappings(
  store: Pick<MappingStore, 'polled'>,
  changes: Pick<Changes, 'subscribe'>,
): MappingSource {
  return {
    polled: async () => (await store.polled('sqs')).map(toMapping),
    subscribe: (listener) => changes.subscribe(MAPPING_CHANGED, () => listener()),
  }
}

function toMapping(stored: StoredMapping): Mapping {
  const { settings } = stored
  return {
    uuid: stored.uuid,
    sourceArn: stored.sourceArn,
    functionArn: functionArnOf(stored),
    batchSize: settings.batchSize,
    windowMs: settings.windowSeconds * 1000,
    filters: settings.filters,
    reportsItemFailures: settings.reportsItemFailures,
    maximumConcurrency: settings.maximumConcurrency,
    provisionedPollers: settings.provisionedPollers,
  }
}

export interface MappedFunctionsDeps {
  readonly port: Pick<LambdaPort, 'invoke'>
  readonly directory: FunctionDirectory
  /** The account's limit on concurrent invocations. */
  readonly concurrency: number
}

/** Functions as pollers run them: synchronously, and by right of the function's own role. */
export function mappedFunctions(deps: MappedFunctionsDeps): MappedFunctions {
  const resolve = (functionArn: string) => deps.directory.resolve(scopeOf(functionArn), functionArn)
  return {
    invoke: async (functionArn, payload, traceHeader) => {
      try {
        const { fn } = await resolve(functionArn)
        const sender = {
          principal: 'lambda.amazonaws.com',
          accountId: fn.accountId,
          sourceArn: fn.arn,
          roleArn: fn.roleArn,
        }
        const call = { payload, type: 'RequestResponse' as const, ...(traceHeader && { traceHeader }) }
        const answer = await deps.port.invoke(functionArn, call, sender)
        if (answer.functionError !== undefined) return { kind: 'failed' }
        return { kind: 'success', payload: answer.payload ?? Buffer.from('null') }
      } catch (error) {
        return { kind: neverBegan(error) ? 'throttled' : 'failed' }
      }
    },
    describe: async (functionArn) => {
      const resolved = await resolve(functionArn).catch(() => undefined)
      if (resolved === undefined) return undefined
      const { reserved, unreserved } = limitsOf(deps, resolved, scopeOf(functionArn))
      return { timeoutMs: resolved.fn.timeoutMs, concurrencyMax: reserved ?? unreserved }
    },
  }
}

function scopeOf(functionArn: string) {
  const { accountId = '', region = '' } = parseArn(functionArn) ?? {}
  return { accountId, region }
}

/**
 * What may pass by itself: no concurrency, no environment, no function. A loop that was stopped, or an event that
 * the function cannot take, is a failure, so that the message goes the way of the redrive policy.
 */
function neverBegan(error: unknown): boolean {
  if (!(error instanceof DeliveryError)) return true
  return error.code !== 'RecursiveInvocationException' && error.fault !== 'Invalid'
}
