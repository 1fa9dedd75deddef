import type { Editing } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { isVersionNumber, LATEST, type StoredAlias } from '../function.ts'
import type { ProvisionedConfig } from './config.ts'
import {
  lessThanProvisioned,
  moreThanReserved,
  moreThanUnreserved,
  tooLittleUnreserved,
  unpublishedVersion,
  versionIsProvisioned,
} from './errors.ts'

/** Whether the function's reservation, or what the account has left, is good for the config. */
export async function checkRoom(
  { limits }: Pick<LambdaDeps, 'limits'>,
  { fn, head }: Editing,
  { qualifier, requested }: ProvisionedConfig,
): Promise<void> {
  const others = (await fn.provisioned()).filter((config) => config.qualifier !== qualifier)
  const ofOthers = sumOf(others)
  if (head.reservedConcurrency !== undefined) {
    if (ofOthers + requested > head.reservedConcurrency) throw moreThanReserved()
    return
  }
  const unreserved = limits.concurrentExecutions - (await fn.reservedByOthers()) - ofOthers
  if (requested > unreserved) throw moreThanUnreserved(unreserved)
  if (unreserved - requested < limits.unreservedMin) throw tooLittleUnreserved(limits.unreservedMin)
}

/** A reservation must be good for what is provisioned within it. */
export async function checkReservation({ fn }: Editing, wanted: number): Promise<void> {
  const provisioned = sumOf(await fn.provisioned())
  if (wanted < provisioned) throw lessThanProvisioned(wanted, provisioned)
}

/** An alias takes its provisioned concurrency along: to a version that may have it, and has none of its own. */
export async function checkMove({ fn }: Pick<Editing, 'fn'>, after: StoredAlias): Promise<void> {
  const configs = await fn.provisioned()
  if (!configs.some(({ qualifier }) => qualifier === after.alias)) return
  if (after.version === LATEST) throw unpublishedVersion()
  const targets = [after.version, after.routing?.version]
  if (configs.some(({ qualifier }) => isVersionNumber(qualifier) && targets.includes(qualifier)))
    throw versionIsProvisioned()
}

function sumOf(configs: readonly ProvisionedConfig[]): number {
  return configs.reduce((sum, { requested }) => sum + requested, 0)
}
