import { notForDefaultFunctions } from './capacity/errors.ts'
import { checkCodeStorage } from './code-storage.ts'
import type { LambdaDeps } from './deps.ts'
import { LATEST_PUBLISHED, type StoredVersion } from './function.ts'
import type { FunctionEditor } from './store.ts'
import { isUnchanged, published, publishedAsLatest, refuseWhileUnsettled, touched } from './versions.ts'

/**
 * Makes a version of `latest`, as it has just been saved; or finds the last one again, where nothing has
 * changed since (AWS Lambda API Reference, "PublishVersion"). A new version is Pending.
 */
export async function publish(
  deps: Pick<LambdaDeps, 'clock' | 'random' | 'limits'>,
  fn: FunctionEditor,
  latest: StoredVersion,
  description: string | undefined,
  to?: 'LATEST_PUBLISHED',
): Promise<StoredVersion> {
  if (to !== undefined) return publishLatest(deps, fn, latest, description)
  const last = await fn.lastPublished()
  if (last !== undefined && isUnchanged(latest, last)) return last
  await checkCodeStorage(deps, fn, latest.code.size)

  const step = { now: deps.clock.now(), revisionId: deps.random.uuid() }
  const version = published(latest, await fn.nextNumber(), description, step)
  await fn.saveVersion(version)
  // $LATEST's revision changes, too (recorded by LocalStack's tests against AWS).
  await fn.saveVersion(touched(latest, deps.random.uuid()))
  return version
}

async function publishLatest(
  deps: Pick<LambdaDeps, 'clock' | 'random' | 'limits'>,
  fn: FunctionEditor,
  latest: StoredVersion,
  description: string | undefined,
): Promise<StoredVersion> {
  if (latest.configuration.capacity === undefined) throw notForDefaultFunctions('PublishTo')
  const before = await fn.version(LATEST_PUBLISHED)
  if (before !== undefined) refuseWhileUnsettled(before)
  await checkCodeStorage(deps, fn, latest.code.size - (before?.code.size ?? 0))
  const { clock, random } = deps
  const step = { now: clock.now(), revisionId: random.uuid() }
  const version = publishedAsLatest(latest, before, description, step)
  await fn.saveVersion(version)
  await fn.saveVersion(touched(latest, random.uuid()))
  return version
}
