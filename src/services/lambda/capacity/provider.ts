import { formatArn } from '../../../aws/arn.ts'
import type { Scope } from '../function.ts'

/** What a capacity provider is known by: its name is unique in its account and region. */
export interface ProviderKey extends Scope {
  readonly name: string
}

/** As it was asked for. Its instances are the machines that lambdad runs on. */
export interface StoredProvider extends ProviderKey {
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
  readonly operatorRoleArn: string
  readonly architecture?: 'x86_64' | 'arm64'
  /** How many processors its functions get together. */
  readonly vcpusMax: number
  /** Whether that was said, and is to be shown. */
  readonly isScaled: boolean
  readonly tags: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly lastModified: number
}

/** How many environments a version on managed instances is to have. */
export interface Scaling {
  readonly min: number
  readonly max: number
}

/** A version of a function on managed instances. */
export interface ManagedVersion extends Scope {
  readonly functionName: string
  readonly version: string
  readonly provider: string
  /** Absent until it is set. */
  readonly scaling?: Scaling
}

/** AWS's most; its least are 3, one for each of three zones, of which there is one here. */
export const DEFAULT_SCALING: Scaling = { min: 1, max: 15_000 }

/** AWS's default for a provider's processors. */
export const DEFAULT_VCPUS_MAX = 400

export function providerArn({ accountId, region, name }: ProviderKey): string {
  return formatArn({ service: 'lambda', accountId, region, resource: `capacity-provider:${name}` })
}
