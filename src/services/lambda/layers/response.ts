import { codeSha256 } from '../code.ts'
import { codeLocation } from '../code-door.ts'
import type { LambdaDeps } from '../deps.ts'
import { showTime } from '../response.ts'
import type { LambdaOutput } from '../types.ts'
import { layerArn, layerVersionArn, type StoredLayerVersion } from './layer.ts'

type Shown = LambdaOutput<'GetLayerVersion'>
type Listed = NonNullable<LambdaOutput<'ListLayerVersions'>['LayerVersions']>[number]

/** A version by itself, with a link to its zip. */
export function showLayerVersion(
  deps: Pick<LambdaDeps, 'codeSecret' | 'clock'>,
  version: StoredLayerVersion,
  endpoint: string,
): Shown {
  return {
    Content: {
      Location: codeLocation(deps, endpoint, version.sha256),
      CodeSha256: codeSha256(version),
      CodeSize: version.size,
    },
    LayerArn: layerArn(version),
    ...showListedLayer(version),
  }
}

export function showListedLayer(version: StoredLayerVersion): Listed {
  return {
    LayerVersionArn: layerVersionArn(version, version.version),
    Description: version.description,
    CreatedDate: showTime(version.created),
    Version: version.version,
    CompatibleRuntimes: [...version.runtimes] as NonNullable<Listed['CompatibleRuntimes']>,
    CompatibleArchitectures: [...version.architectures] as NonNullable<Listed['CompatibleArchitectures']>,
    ...(version.license !== undefined && { LicenseInfo: version.license }),
  }
}
