import { AwsError } from '../../aws/error.ts'
import type { SnapshotOutcome } from '../../wire/worker.ts'
import { invalidParameter } from './errors.ts'
import { type Configuration, type Failure, LATEST, type StoredVersion } from './function.ts'

/** The runtimes that AWS has it for (Lambda Developer Guide, "Lambda SnapStart"). */
const SUPPORTED = /^(java(11|17|21|25)|python3\.(1[2-9])|dotnet(8|10))$/

/** Those whose environments start from a snapshot here, too. The others' run their own init each. */
const CARRIED_OUT = /^python/

/** The largest /tmp that a snapshot may have. */
const TEMPORARY_MB_MAX = 512

/** Refuses what AWS does not take together with SnapStart. */
export function checkSnapStart({ snapStart, runtime, ephemeralStorageMb, fileSystem }: Configuration): void {
  if (snapStart === undefined) return
  // AWS's text. An image has no runtime.
  if (!SUPPORTED.test(runtime)) {
    throw invalidParameter(`${runtime || 'Image'} is not supported for SnapStart enabled functions.`)
  }
  if (fileSystem !== undefined) {
    throw invalidParameter('SnapStart is not supported for functions with FileSystemConfigs.')
  }
  if (ephemeralStorageMb > TEMPORARY_MB_MAX) {
    throw invalidParameter(
      `SnapStart is not supported for functions with more than ${TEMPORARY_MB_MAX} MB of ephemeral storage.`,
    )
  }
}

/** A published version that is Active once its init has run and a snapshot was made of it. */
export function awaitsSnapshot({ state, version, configuration, snapshot }: StoredVersion): boolean {
  return state === 'Pending' && startsFromSnapshot(version, configuration) && snapshot === undefined
}

export function startsFromSnapshot(version: string, { snapStart, runtime }: Configuration): boolean {
  return version !== LATEST && snapStart !== undefined && CARRIED_OUT.test(runtime)
}

/** Why a version without a snapshot is Failed. AWS's codes; its texts are not known. */
export function snapshotFailure({
  errorType,
  message,
}: Extract<SnapshotOutcome, { kind: 'failed' }>): Failure {
  return { code: CODES[errorType] ?? 'FunctionError', reason: message }
}

const CODES: Readonly<Record<string, string>> = {
  'Sandbox.Timedout': 'FunctionError.InitTimeout',
  'Runtime.OutOfMemory': 'FunctionError.InitResourceExhausted',
  '': 'InvalidRuntime',
}

export function snapStartNotReady(): AwsError {
  return new AwsError(
    'SnapStartNotReadyException',
    'Lambda is initializing your function. You can invoke the function when the function state becomes Active.',
    { status: 409, members: { Type: 'User' } },
  )
}
