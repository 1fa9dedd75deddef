import type { Operation } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Incoming } from './intake.ts'
import type { EventBridgeStore, ResourceEditor } from './store.ts'

/** What the operations are given. */
export interface EventBridgeDeps {
  readonly store: EventBridgeStore
  readonly clock: Clock
  readonly random: Random
  readonly takeIn: (incoming: readonly Incoming[]) => Promise<void>
  /** Tells all nodes that rules or archives of a bus have changed, when the write commits. */
  readonly busChanged: (
    editor: ResourceEditor,
    bus: { readonly accountId: string; readonly region: string; readonly name: string },
  ) => Promise<void>
  /** There is something to do by itself: a schedule, a replay. */
  readonly wake: (kind: 'rule' | 'replay', at: number) => void
}

type Client = typeof import('@aws-sdk/client-eventbridge')

/** An operation by its name, with the SDK client's types for input and output. */
export type EventBridgeOperation<Name extends string> = Operation<
  EventBridgeDeps,
  Input<Client, Name>,
  Output<Client, Name>
>
