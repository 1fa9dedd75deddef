import { formatArn } from '../../aws/arn.ts'
import type { Scope } from './scope.ts'

export interface Archive {
  readonly name: string
  /** The ARN of the bus whose events are kept. */
  readonly sourceArn: string
  readonly description?: string
  readonly pattern?: string
  /** 0: for ever. */
  readonly retentionDays: number
  readonly createdAt: number
}

export interface Replay {
  readonly name: string
  readonly archiveArn: string
  readonly description?: string
  /** The bus, and the rules of it that see the events; all of them where there are none. */
  readonly destinationArn: string
  readonly ruleArns: readonly string[]
  /** The events of this span of time, the end excluded. */
  readonly from: number
  readonly to: number
  readonly state: 'STARTING' | 'RUNNING' | 'CANCELLING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  readonly stateReason?: string
  /** Up to where events were sent. */
  readonly reached?: { readonly time: number; readonly id: number }
  readonly startedAt: number
  readonly endedAt?: number
}

export function archiveArn({ accountId, region }: Scope, name: string): string {
  return formatArn({ service: 'events', region, accountId, resource: `archive/${name}` })
}

export function replayArn({ accountId, region }: Scope, name: string): string {
  return formatArn({ service: 'events', region, accountId, resource: `replay/${name}` })
}
