import type { Call } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter, notAllowed, nothingThere, resourceNotFound } from '../errors.ts'
import type { Scope } from '../function.ts'
import { isAllowed } from '../policy-check.ts'
import { type LayerKey, layerArn, layerVersionArn, parseLayerArn, type StoredLayerVersion } from './layer.ts'

/** A layer by its name, or by an ARN, which may be of another account. */
export function readLayerName(text: string, { accountId, region }: Scope): LayerKey {
  const named = parseLayerArn(text)
  if (named === undefined) return { accountId, region, layer: text }
  if (named.key.region !== region) throw elsewhere(named.key.region, region)
  return named.key
}

export function checkVersionNumber(version: number): void {
  if (version < 1) throw invalidParameter('Layer Version Cannot be less than 1')
}

/** The version, where the caller may see it. */
export async function findReadable(
  { layers }: Pick<LambdaDeps, 'layers'>,
  key: LayerKey,
  version: number,
  call: Pick<Call, 'accountId' | 'principalArn'>,
): Promise<StoredLayerVersion> {
  checkVersionNumber(version)
  const found = await layers.find(key, version)
  if (found !== undefined && mayUse(found, call)) return found
  if (key.accountId === call.accountId) throw nothingThere()
  // AWS tells other accounts nothing of what they may not see.
  throw notAllowed(call.principalArn, 'lambda:GetLayerVersion', layerVersionArn(key, version))
}

/** Its own account may; others where the layer's policy says so. */
export function mayUse(
  version: StoredLayerVersion,
  { accountId, principalArn }: Pick<Call, 'accountId' | 'principalArn'>,
): boolean {
  if (version.accountId === accountId) return true
  const caller = { principal: principalArn, accountId }
  return isAllowed(version.policy?.statements ?? [], 'lambda:GetLayerVersion', caller)
}

/** What only the layer's own account may do. */
export function refuseForeign(
  key: LayerKey,
  { accountId, principalArn }: Pick<Call, 'accountId' | 'principalArn'>,
  action: string,
): void {
  if (key.accountId !== accountId) throw notAllowed(principalArn, action, layerArn(key))
}

export function layerNotFound(key: LayerKey, version: number) {
  return resourceNotFound(`Layer version ${layerVersionArn(key, version)} does not exist.`)
}

function elsewhere(region: string, here: string) {
  return resourceNotFound(`Layers from '${region}' are not reachable in this region ('${here}')`)
}
