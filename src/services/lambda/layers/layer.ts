import { formatArn } from '../../../aws/arn.ts'
import type { Scope } from '../function.ts'
import type { Statement } from '../store.ts'

export interface LayerKey extends Scope {
  readonly layer: string
}

/** One version of a layer. It never changes, but for its policy. */
export interface StoredLayerVersion extends LayerKey {
  readonly version: number
  /** Of the zip: lower-case hex. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  readonly unzippedSize: number
  readonly description: string
  readonly license?: string
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly runtimes: readonly string[]
  readonly architectures: readonly string[]
  /** Absent where nobody but its owner may use it. */
  readonly policy?: { readonly revisionId: string; readonly statements: readonly Statement[] }
}

export function layerArn(key: LayerKey): string {
  const { accountId, region, layer } = key
  return formatArn({ service: 'lambda', accountId, region, resource: `layer:${layer}` })
}

export function layerVersionArn(key: LayerKey, version: number): string {
  return `${layerArn(key)}:${version}`
}

const LAYER_ARN = /^arn:[a-zA-Z0-9-]+:lambda:([a-zA-Z0-9-]+):(\d{12}):layer:([a-zA-Z0-9-_]+)(?::(\d+))?$/

/** The layer, and the version where there is one, that an ARN names; undefined where it names no layer. */
export function parseLayerArn(arn: string): { key: LayerKey; version: number | undefined } | undefined {
  const [, region = '', accountId = '', layer = '', version] = LAYER_ARN.exec(arn) ?? []
  if (layer === '') return undefined
  return {
    key: { accountId, region, layer },
    version: version === undefined ? undefined : Number(version),
  }
}
