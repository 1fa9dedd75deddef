import type { EventsPort } from '../../aws/ports/events.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { ConcurrencyLimits } from '../../placement/concurrency.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { RecordMetric } from '../../wire/metric.ts'
import type { Invoke, InvokeRequest } from '../invoke.ts'
import type { Draft } from './draft.ts'
import type { Changed, ExecutionStore } from './store.ts'

export interface Scope {
  readonly accountId: string
  readonly region: string
}

/** What a function's name leads to. */
export interface Target {
  readonly fn: FunctionVersion
  readonly invokedFunctionArn: string
  readonly limits: ConcurrencyLimits
  /** Whether a version or an alias was named. */
  readonly isQualified: boolean
  readonly durable?: DurableConfig | undefined
  readonly recursiveLoop?: InvokeRequest['recursiveLoop']
}

export interface DurableConfig {
  readonly timeoutSeconds: number
  readonly retentionDays: number
}

export interface DurableDeps {
  readonly store: ExecutionStore
  readonly clock: Clock
  readonly random: Random
  readonly invoke: Invoke
  /** In any of the forms in which Lambda takes a function's name. Throws what Invoke answers. */
  readonly resolve: (scope: Scope, functionName: string, qualifier?: string) => Promise<Target>
  /** Whether other nodes use the same database. */
  readonly isShared: boolean
  readonly recordMetric: RecordMetric
  /** Hears of executions that begin and end. */
  readonly events: Pick<EventsPort, 'put'>
  readonly reportFault: (error: unknown) => void
}

/** What those who run something are given: a change wakes who waits for it. */
export interface Runner extends DurableDeps {
  change<Result>(id: string, work: (draft: Draft) => Promise<Result>): Promise<Changed<Result> | undefined>
}
