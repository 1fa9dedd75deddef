import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { MappedFunctions, Mapping, MappingSource } from '../../invoke/mappings/mapping.ts'
import type { Changes } from '../../store/changes.ts'
import { PIPE_CHANGED } from './deps.ts'
import { runThrough } from './flow/flow.ts'
import { BATCH_SIZE_DEFAULT, type Pipe, pipeArn, pipeOfArn, type Scope } from './pipe.ts'
import type { PipesStore } from './store.ts'

// A pipe is read as an event source mapping is: it stands where the function does.

/** Batches of a pipe that may be under way at once. */
const CONCURRENCY_MAX = 1000

export function polledPipes(store: PipesStore, changes: Changes): MappingSource {
  return {
    polled: async () => (await store.running()).map(mappingOf),
    subscribe: (listener) => changes.subscribe(PIPE_CHANGED, listener),
  }
}

function mappingOf({ pipe, ...scope }: Scope & { readonly pipe: Pipe }): Mapping {
  const { SqsQueueParameters, FilterCriteria } = pipe.sourceParameters
  return {
    uuid: `pipe/${pipe.id}`,
    sourceArn: pipe.source,
    functionArn: pipeArn(scope, pipe.name),
    batchSize: SqsQueueParameters?.BatchSize ?? BATCH_SIZE_DEFAULT,
    windowMs: 1000 * (SqsQueueParameters?.MaximumBatchingWindowInSeconds ?? 0),
    filters: (FilterCriteria?.Filters ?? []).map(({ Pattern = '' }) => Pattern),
    reportsItemFailures: true,
  }
}

export interface PipeFlowDeps {
  readonly store: PipesStore
  readonly switchboard: Switchboard
  readonly clock: Clock
}

export function pipesAsFunctions(deps: PipeFlowDeps): MappedFunctions {
  return {
    invoke: async (arn, payload, traceHeader) => {
      const named = pipeOfArn(arn)
      const pipe = named && (await deps.store.find(named, named.name))
      // Stopped or deleted after its messages were read: they come again for whoever reads next.
      if (named === undefined || !pipe?.isRunning) return { kind: 'failed' }
      const { Records: records } = JSON.parse(Buffer.from(payload).toString('utf8'))
      const { accountId, region } = named
      return runThrough(deps, { accountId, region, pipe }, { records, traceHeader })
    },
    // Pipes hide messages for as long as the queue says, however long enrichment and target may take.
    describe: async () => ({ timeoutMs: 0, concurrencyMax: CONCURRENCY_MAX }),
  }
}
