import type { Operation } from '../../../aws/operation.ts'
import { collectCode, readPackage, withPackage } from '../code.ts'
import type { LambdaDeps } from '../deps.ts'
import { codeStorageExceeded, validationError } from '../errors.ts'
import { layerArn, parseLayerArn } from '../layers/layer.ts'
import { checkVersionNumber, findReadable, readLayerName, refuseForeign } from '../layers/locate.ts'
import { showLayerVersion, showListedLayer } from '../layers/response.ts'
import type { LayerFilter } from '../layers/store.ts'
import { readPage } from '../paging.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** Each call makes another version, even of the same zip. */
export const publishLayerVersion: Operation<
  LambdaDeps,
  LambdaInput<'PublishLayerVersion'>,
  LambdaOutput<'PublishLayerVersion'>
> = async (deps, input, call) => {
  const key = readLayerName(input.LayerName ?? '', call)
  refuseForeign(key, call, 'lambda:PublishLayerVersion')
  const zip = await readPackage(deps, input.Content ?? {}, call, layerArn(key))
  const { limits, layers, clock } = deps
  const published = await withPackage(deps, zip, (code) =>
    layers.publish(
      {
        ...key,
        ...code,
        description: input.Description ?? '',
        ...(input.LicenseInfo !== undefined && { license: input.LicenseInfo }),
        created: clock.now(),
        runtimes: input.CompatibleRuntimes ?? [],
        architectures: input.CompatibleArchitectures ?? [],
      },
      limits.totalCodeBytes,
    ),
  )
  if (published === undefined) throw codeStorageExceeded()
  return showLayerVersion(deps, published, call.endpoint)
}

export const getLayerVersion: Operation<
  LambdaDeps,
  LambdaInput<'GetLayerVersion'>,
  LambdaOutput<'GetLayerVersion'>
> = async (deps, input, call) => {
  const key = readLayerName(input.LayerName ?? '', call)
  const version = await findReadable(deps, key, input.VersionNumber ?? 0, call)
  return showLayerVersion(deps, version, call.endpoint)
}

export const getLayerVersionByArn: Operation<
  LambdaDeps,
  LambdaInput<'GetLayerVersionByArn'>,
  LambdaOutput<'GetLayerVersionByArn'>
> = async (deps, input, call) => {
  const arn = input.Arn ?? ''
  const { version } = parseLayerArn(arn) ?? {}
  if (version === undefined) throw noVersionArn(arn)
  const key = readLayerName(arn, call)
  return showLayerVersion(deps, await findReadable(deps, key, version, call), call.endpoint)
}

/** Each layer with the last of its versions that fits. */
export const listLayers: Operation<
  LambdaDeps,
  LambdaInput<'ListLayers'>,
  LambdaOutput<'ListLayers'>
> = async ({ layers }, input, call) => {
  const { items, next } = await readPage(
    input,
    1,
    (page) => layers.list(call, filterOf(input), page),
    ({ layer }) => [layer],
  )
  const Layers = items.map((version) => ({
    LayerName: version.layer,
    LayerArn: layerArn(version),
    LatestMatchingVersion: showListedLayer(version),
  }))
  return { Layers, ...next }
}

/** The newest first; of a layer that is not there, none. */
export const listLayerVersions: Operation<
  LambdaDeps,
  LambdaInput<'ListLayerVersions'>,
  LambdaOutput<'ListLayerVersions'>
> = async ({ layers }, input, call) => {
  const key = readLayerName(input.LayerName ?? '', call)
  refuseForeign(key, call, 'lambda:ListLayerVersions')
  const { items, next } = await readPage(
    input,
    1,
    (page) => layers.listVersions(key, filterOf(input), page),
    ({ version }) => [String(version)],
  )
  return { LayerVersions: items.map(showListedLayer), ...next }
}

/** Functions that have the version keep it. One that is not there counts as deleted. */
export const deleteLayerVersion: Operation<
  LambdaDeps,
  LambdaInput<'DeleteLayerVersion'>,
  LambdaOutput<'DeleteLayerVersion'>
> = async (deps, input, call) => {
  const version = input.VersionNumber ?? 0
  checkVersionNumber(version)
  const key = readLayerName(input.LayerName ?? '', call)
  refuseForeign(key, call, 'lambda:DeleteLayerVersion')
  const deleted = await deps.layers.delete(key, version)
  if (deleted !== undefined) await collectCode(deps, [deleted.sha256])
  return {}
}

function filterOf(input: LambdaInput<'ListLayers'>): LayerFilter {
  const { CompatibleRuntime: runtime, CompatibleArchitecture: architecture } = input
  return { ...(runtime !== undefined && { runtime }), ...(architecture !== undefined && { architecture }) }
}

function noVersionArn(arn: string) {
  return validationError(
    'arn',
    arn,
    'Member must satisfy regular expression pattern: ' +
      '(arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)' +
      '|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)',
  )
}
