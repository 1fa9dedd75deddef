import { checkCodeStorage } from './code-storage.ts'
import type { LambdaDeps } from './deps.ts'
import type { StoredVersion } from './function.ts'
import type { FunctionEditor } from './store.ts'
import { isUnchanged, published, touched } from './versions.ts'

/**
 * Makes a version of `latest`, as it has just been saved; or finds the last one again, where nothing has
 * changed since (AWS Lambda API Reference, "PublishVersion"). A new version is Pending.
 */
export async function publish(
  deps: Pick<LambdaDeps, 'clock' | 'random' | 'limits'>,
  fn: FunctionEditor,
  latest: StoredVersion,
  description: string | undefined,
): Promise<StoredVersion> {
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
