import { parseArn } from '../../../aws/arn.ts'
import { AwsError } from '../../../aws/error.ts'
import type { Random } from '../../../base/random.ts'
import type { Invoke } from '../../../invoke/invoke.ts'
import type {
  BatchOutcome,
  MappedFunctions,
  Mapping,
  MappingSource,
} from '../../../invoke/mappings/mapping.ts'
import type { Changes } from '../../../store/changes.ts'
import type { Outcome } from '../../../wire/invocation.ts'
import type { FunctionDirectory } from '../directory.ts'
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
  readonly directory: FunctionDirectory
  readonly invoke: Invoke
  /** The account's limit on concurrent invocations. */
  readonly concurrency: number
  readonly random: Random
  readonly reportFault: (error: unknown) => void
}

/** Functions as pollers run them: synchronously, under the limits that hold for every caller. */
export function mappedFunctions(deps: MappedFunctionsDeps): MappedFunctions {
  const resolve = async (functionArn: string) => {
    const { accountId = '', region = '' } = parseArn(functionArn) ?? {}
    const scope = { accountId, region }
    const resolved = await deps.directory.resolve(scope, functionArn)
    const unreserved = deps.concurrency - deps.directory.reservedTotal(scope)
    return { ...resolved, limits: { reserved: resolved.reservedConcurrency, unreserved } }
  }
  return {
    invoke: async (functionArn, payload, traceHeader) => {
      try {
        const { fn, invokedFunctionArn, limits, recursiveLoop } = await resolve(functionArn)
        const { outcome } = await deps.invoke({
          fn,
          requestId: deps.random.uuid(),
          invokedFunctionArn,
          payload,
          limits,
          ...(traceHeader !== undefined && { traceHeader }),
          ...(recursiveLoop && { recursiveLoop }),
        })
        return batchOutcome(outcome)
      } catch (error) {
        if (!(error instanceof AwsError)) deps.reportFault(error)
        return { kind: neverBegan(error) ? 'throttled' : 'failed' }
      }
    },
    describe: async (functionArn) => {
      const resolved = await resolve(functionArn).catch(() => undefined)
      if (resolved === undefined) return undefined
      const { reserved, unreserved } = resolved.limits
      return { timeoutMs: resolved.fn.timeoutMs, concurrencyMax: reserved ?? unreserved }
    },
  }
}

function batchOutcome(outcome: Outcome): BatchOutcome {
  if (outcome.kind === 'success') return { kind: 'success', payload: outcome.payload }
  return { kind: outcome.kind === 'function-error' ? 'failed' : 'throttled' }
}

/** A loop that was stopped is a failure, so that the message goes the way of the redrive policy; all else may pass. */
function neverBegan(error: unknown): boolean {
  return !(error instanceof AwsError && error.code === 'RecursiveInvocationException')
}
