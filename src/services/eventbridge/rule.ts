import { formatArn } from '../../aws/arn.ts'
import type { Input } from '../../aws/sdk-types.ts'
import { DEFAULT_BUS } from './bus.ts'
import type { Scope, Tags } from './scope.ts'

/** As PutTargets takes it. */
export type Target = NonNullable<
  NonNullable<Input<typeof import('@aws-sdk/client-eventbridge'), 'PutTargets'>['Targets']>[number]
> & { readonly Id: string; readonly Arn: string }

export interface Rule {
  readonly bus: string
  readonly name: string
  readonly description?: string
  readonly roleArn?: string
  readonly state: 'ENABLED' | 'DISABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
  readonly pattern?: string
  readonly schedule?: string
  /** Since when the schedule's intervals are counted. */
  readonly scheduledFrom?: number
  readonly targets: readonly Target[]
  readonly tags: Tags
}

/** Rules of other buses than the default one have its name in their ARN. */
export function ruleArn({ accountId, region }: Scope, bus: string, name: string): string {
  const resource = bus === DEFAULT_BUS ? `rule/${name}` : `rule/${bus}/${name}`
  return formatArn({ service: 'events', region, accountId, resource })
}
