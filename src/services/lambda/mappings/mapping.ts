import { formatArn } from '../../../aws/arn.ts'
import { type FunctionKey, functionArn, type Scope } from '../function.ts'

/** Services whose events a mapping can bring to a function; each has a poller. */
export type SourceKind = 'sqs'

/** AWS Lambda API Reference, "EventSourceMappingConfiguration". */
export type MappingState =
  | 'Creating'
  | 'Enabling'
  | 'Enabled'
  | 'Disabling'
  | 'Disabled'
  | 'Updating'
  | 'Deleting'

/** What its owner sets, and a poller reads. */
export interface MappingSettings {
  readonly batchSize: number
  readonly windowSeconds: number
  /** Patterns in the dialect of mappings: an event that one of them matches is passed on. Empty: all are. */
  readonly filters: readonly string[]
  /** Whether the function tells which of a batch have failed. */
  readonly reportsItemFailures: boolean
  /** Invocations at the same time; absent: as many as the source's rules allow. */
  readonly maximumConcurrency?: number
  readonly provisionedPollers?: { readonly minimum: number; readonly maximum: number }
}

export interface StoredMapping extends Scope {
  readonly uuid: string
  readonly kind: SourceKind
  readonly sourceArn: string
  readonly functionName: string
  /** As its owner gave it. */
  readonly qualifier?: string
  readonly settings: MappingSettings
  readonly state: MappingState
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly tags: Readonly<Record<string, string>>
}

export function mappingArn({ accountId, region, uuid }: Scope & { readonly uuid: string }): string {
  return formatArn({ service: 'lambda', accountId, region, resource: `event-source-mapping:${uuid}` })
}

export function functionArnOf({
  accountId,
  region,
  functionName,
  qualifier,
}: Pick<StoredMapping, 'accountId' | 'region' | 'functionName' | 'qualifier'>): string {
  const key: FunctionKey = { accountId, region, name: functionName }
  return functionArn(key, qualifier)
}

/** What each state becomes by itself, moments later; `undefined`: gone. States that are not here stay. */
const NEXT: Partial<Record<MappingState, MappingState | undefined>> = {
  Creating: 'Enabled',
  Enabling: 'Enabled',
  Updating: 'Enabled',
  Disabling: 'Disabled',
  Deleting: undefined,
}

export function isInTransition(state: MappingState): boolean {
  return state in NEXT
}

export function nextState(state: MappingState): MappingState | undefined {
  return isInTransition(state) ? NEXT[state] : state
}

/** Whether a poller is to read its source. */
export function isPolled(state: MappingState): boolean {
  return state === 'Enabled' || state === 'Updating'
}

/** The state that an update shows at first; of one that is disabled and stays so, none. */
export function stateOfUpdate(before: MappingState, isEnabled: boolean | undefined): MappingState {
  const wasEnabled = before !== 'Disabled'
  if (isEnabled === undefined || isEnabled === wasEnabled) return wasEnabled ? 'Updating' : 'Disabled'
  return isEnabled ? 'Enabling' : 'Disabling'
}
