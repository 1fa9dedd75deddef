import type { Call } from '../../../aws/operation.ts'
import { invalidParameter, notAllowed } from '../errors.ts'
import type { Code, Configuration, FunctionLayer } from '../function.ts'
import type { AccountLimits } from '../limits.ts'
import type { FunctionEditor } from '../store.ts'
import { layerArn, layerVersionArn, parseLayerArn } from './layer.ts'
import { mayUse } from './locate.ts'

const LAYERS_MAX = 5

/**
 * The layers that a function is to have, within the transaction that gives them to it, so that none is deleted
 * meanwhile. Undefined where `arns` is empty.
 */
export async function readLayers(
  fn: FunctionEditor,
  arns: readonly string[],
  call: Pick<Call, 'accountId' | 'region' | 'principalArn'>,
): Promise<readonly FunctionLayer[] | undefined> {
  if (arns.length > LAYERS_MAX) throw invalidParameter(`Cannot reference more than ${LAYERS_MAX} layers.`)
  const layers: FunctionLayer[] = []
  const arnOf = new Map<string, string>()
  for (const arn of arns) {
    const { key, version = 0 } = parseLayerArn(arn) ?? {}
    if (key === undefined) throw missing(arn)
    if (key.region !== call.region) throw elsewhere(call.region)
    const other = arnOf.get(layerArn(key))
    if (other !== undefined) throw twoVersions(other, arn)
    arnOf.set(layerArn(key), arn)
    const found = await fn.layerVersion(key, version)
    if (found === undefined && key.accountId === call.accountId) throw missing(arn)
    if (found === undefined || !mayUse(found, call))
      throw notAllowed(call.principalArn, 'lambda:GetLayerVersion', arn)
    const { sha256, size, unzippedSize } = found
    layers.push({ arn: layerVersionArn(found, found.version), sha256, size, unzippedSize })
  }
  return layers.length === 0 ? undefined : layers
}

/** `configuration` with the layers that the caller names; as it was where they are not named. */
export async function withLayers(
  fn: FunctionEditor,
  configuration: Configuration,
  arns: readonly string[] | undefined,
  call: Pick<Call, 'accountId' | 'region' | 'principalArn'>,
): Promise<Configuration> {
  if (arns === undefined) return configuration
  const { layers: _, ...rest } = configuration
  const layers = await readLayers(fn, arns, call)
  return { ...rest, ...(layers && { layers }) }
}

/** Refuses what would be more than an environment may have, all together. */
export function checkUnzippedSize(code: Code, { layers }: Configuration, limits: AccountLimits): void {
  if (layers === undefined) return
  const bytes = layers.reduce((sum, layer) => sum + layer.unzippedSize, code.unzippedSize)
  if (bytes > limits.unzippedBytes)
    throw invalidParameter(
      `Function code combined with layers exceeds the maximum allowed size of ${limits.unzippedBytes} bytes. ` +
        `The actual size is ${bytes} bytes.`,
    )
}

function missing(arn: string) {
  return invalidParameter(`Layer version ${arn} does not exist.`)
}

function elsewhere(region: string) {
  return invalidParameter(
    `Layers are not in the same region as the function. Layers are expected to be in region ${region}.`,
  )
}

function twoVersions(one: string, other: string) {
  return invalidParameter(
    'Two different versions of the same layer are not allowed to be referenced in the same function. ' +
      `${one} and ${other} are versions of the same layer.`,
  )
}
