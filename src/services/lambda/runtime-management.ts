import type { LambdaDeps } from './deps.ts'
import { invalidParameter } from './errors.ts'
import { type FunctionKey, LATEST, type RuntimeManagement, type StoredVersion } from './function.ts'
import { runtimeVersionArn } from './runtime.ts'
import type { LambdaInput } from './types.ts'

type Given = LambdaInput<'PutRuntimeManagementConfig'>

/** What the caller asks for, with the interpreter's version that it comes to now. */
export async function readManagement(
  { runtimeVersions }: Pick<LambdaDeps, 'runtimeVersions'>,
  { UpdateRuntimeOn: mode = 'Auto', RuntimeVersionArn: arn }: Given,
  { configuration, region }: StoredVersion,
): Promise<RuntimeManagement> {
  if (mode !== 'Manual') {
    if (arn !== undefined)
      throw invalidParameter(`RuntimeVersionArn cannot be given with UpdateRuntimeOn ${mode}.`)
    if (mode === 'Auto') return { mode }
  } else if (arn === undefined) {
    throw invalidParameter('RuntimeVersionArn must be given with UpdateRuntimeOn Manual.')
  }
  const { runtime } = configuration
  const versions = await runtimeVersions(runtime)
  // The ARN without a version, which functions show that are on Auto, is of the newest there is.
  const isNewest = arn === undefined || arn === runtimeVersionArn(runtime, region)
  const version = isNewest
    ? versions[0]
    : versions.find((one) => arn === runtimeVersionArn(runtime, region, one))
  if (version !== undefined) return { mode, version }
  if (arn !== undefined) throw noSuchVersion(runtime, arn)
  // Nothing to pin yet: another line serves it, or nothing does.
  return { mode }
}

/** The version that a function on FunctionUpdate is to run once it has been updated; undefined of any other. */
export async function versionForUpdate(
  { functions, runtimeVersions }: Pick<LambdaDeps, 'functions' | 'runtimeVersions'>,
  key: FunctionKey,
  runtime: string | undefined,
): Promise<string | undefined> {
  const latest = await functions.findVersion(key, LATEST)
  if (latest?.runtimeManagement?.mode !== 'FunctionUpdate') return undefined
  const [newest] = await runtimeVersions(runtime ?? latest.configuration.runtime)
  return newest
}

/** A function that is updated, on the version that `versionForUpdate` found. */
export function onVersion(version: StoredVersion, found: string | undefined): StoredVersion {
  if (version.runtimeManagement?.mode !== 'FunctionUpdate' || found === undefined) return version
  return { ...version, runtimeManagement: { mode: 'FunctionUpdate', version: found } }
}

/** A pinned version is of one runtime. */
export function refuseChangeOfPinned(latest: StoredVersion, runtime: string | undefined): void {
  if (latest.runtimeManagement?.mode !== 'Manual') return
  if (runtime === undefined || runtime === latest.configuration.runtime) return
  throw invalidParameter(
    'The runtime cannot be changed while its version is set by UpdateRuntimeOn Manual: ' +
      'set it to Auto or FunctionUpdate first.',
  )
}

function noSuchVersion(runtime: string, arn: string) {
  return invalidParameter(
    `There is no version of the runtime ${runtime} with the ARN ${arn} on this machine.`,
  )
}
