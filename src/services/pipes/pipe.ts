import { formatArn, parseArn } from '../../aws/arn.ts'
import type { Input } from '../../aws/sdk-types.ts'

export interface Scope {
  readonly accountId: string
  readonly region: string
}

type Created = Input<typeof import('@aws-sdk/client-pipes'), 'CreatePipe'>

export type SourceParameters = NonNullable<Created['SourceParameters']>
export type EnrichmentParameters = NonNullable<Created['EnrichmentParameters']>
export type TargetParameters = NonNullable<Created['TargetParameters']>

export interface Pipe {
  /** Another one of the same name has another id. */
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly isRunning: boolean
  /** ARNs. */
  readonly source: string
  readonly enrichment?: string
  readonly target: string
  readonly sourceParameters: SourceParameters
  readonly enrichmentParameters: EnrichmentParameters
  readonly targetParameters: TargetParameters
  readonly roleArn: string
  readonly tags: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly modifiedAt: number
}

export function pipeArn({ accountId, region }: Scope, name: string): string {
  return formatArn({ service: 'pipes', region, accountId, resource: `pipe/${name}` })
}

/** Which pipe an ARN names; undefined where it names something else. */
export function pipeOfArn(arn: string): (Scope & { readonly name: string }) | undefined {
  const { service, accountId, region, resource } = parseArn(arn) ?? {}
  const name = resource?.match(/^pipe\/([^/]+)$/)?.[1]
  if (service !== 'pipes' || accountId === undefined || region === undefined || name === undefined)
    return undefined
  return { accountId, region, name }
}

/** AWS reads ten messages at a time where it is not told otherwise (API Reference, "PipeSourceSqsQueueParameters"). */
export const BATCH_SIZE_DEFAULT = 10
