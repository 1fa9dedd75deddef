import type { Call, Operation } from '../../../aws/operation.ts'
import { changeFunction, checkRevision, type Editing } from '../change.ts'
import { checkPackage, readPackage, sha256Of, withPackage } from '../code.ts'
import { checkCodeStorage } from '../code-storage.ts'
import { readArchitecture } from '../configuration.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import { findFunction } from '../find.ts'
import { type Code, type FunctionKey, functionArn, LATEST, type StoredVersion } from '../function.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { readImage } from '../image/code.ts'
import { checkUnzippedSize } from '../layers/of-function.ts'
import { publish } from '../publish.ts'
import { showVersion } from '../response.ts'
import { onVersion, versionForUpdate } from '../runtime-management.ts'
import { checkSigned } from '../signing/check.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { refuseWhileUnsettled, updated } from '../versions.ts'

type UpdateFunctionCodeInput = LambdaInput<'UpdateFunctionCode'>

/** Invocations run the code before until the update is Successful, which is moments later. */
export const updateFunctionCode: Operation<
  LambdaDeps,
  UpdateFunctionCodeInput,
  LambdaOutput<'UpdateFunctionCode'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  await findFunction(deps, key)
  readArchitecture(input.Architectures, deps.architecture)
  const read = await readCode(deps, key, input, call)
  const runtimeVersion = await versionForUpdate(deps, key, undefined)
  const signing = await deps.functions.findCodeSigning(key)
  const signedBy = Buffer.isBuffer(read)
    ? await checkSigned(deps, signing, read, functionArn(key))
    : undefined
  const signed = (code: Code): Code => ({ ...code, ...(signedBy !== undefined && { signedBy }) })
  if (input.DryRun) return dryRun(deps, key, input, signed(await codeOf(deps, read)))

  const updateWith = (code: Code) =>
    changeFunction(deps, key, (editing) => update(deps, editing, input, signed(code), runtimeVersion))
  const { latest, version } = await (Buffer.isBuffer(read)
    ? withPackage(deps, read, updateWith)
    : updateWith(read))
  deps.settle(latest)
  if (version === undefined) return showVersion(latest)
  deps.settle(version)
  return showVersion(version, version.version)
}

/** A package, or an image: what the function is does not change. */
async function readCode(
  deps: LambdaDeps,
  key: FunctionKey,
  input: UpdateFunctionCodeInput,
  call: Call,
): Promise<Buffer | Code> {
  const latest = await deps.functions.findVersion(key, LATEST)
  if (latest?.code.image !== undefined) return readImage(input, deps.random, 'updating')
  if (input.ImageUri !== undefined) throw imageForZip()
  return readPackage(deps, input, call, functionArn(key))
}

async function update(
  deps: LambdaDeps,
  editing: Editing,
  input: UpdateFunctionCodeInput,
  code: Code,
  runtimeVersion: string | undefined,
): Promise<{ latest: StoredVersion; version: StoredVersion | undefined }> {
  const { fn } = editing
  const latest = onVersion(withCode(deps, editing, input, code), runtimeVersion)
  await checkCodeStorage(deps, fn, code.size - editing.latest.code.size)
  await fn.saveVersion(latest)
  const isPublished = input.Publish || input.PublishTo !== undefined
  return {
    latest,
    version: isPublished ? await publish(deps, fn, latest, undefined, input.PublishTo) : undefined,
  }
}

/** Everything is checked, and nothing kept: the answer shows what the code would be. */
async function dryRun(
  deps: LambdaDeps,
  key: FunctionKey,
  input: UpdateFunctionCodeInput,
  code: Code,
): Promise<LambdaOutput<'UpdateFunctionCode'>> {
  return changeFunction(deps, key, async (editing) => {
    const { configuration } = withCode(deps, editing, input, code)
    await checkCodeStorage(deps, editing.fn, code.size - editing.latest.code.size)
    return showVersion({ ...editing.latest, configuration, code })
  })
}

/** Of a package, as it would be kept. */
async function codeOf({ limits }: LambdaDeps, read: Buffer | Code): Promise<Code> {
  if (!Buffer.isBuffer(read)) return read
  const unzippedSize = await checkPackage(read, limits)
  return { sha256: await sha256Of(read), size: read.byteLength, unzippedSize }
}

function withCode(
  deps: LambdaDeps,
  { latest }: Editing,
  input: UpdateFunctionCodeInput,
  code: Code,
): StoredVersion {
  checkRevision(latest, input.RevisionId)
  refuseWhileUnsettled(latest)
  const architecture =
    readArchitecture(input.Architectures, deps.architecture) ?? latest.configuration.architecture
  const configuration = { ...latest.configuration, architecture }
  checkUnzippedSize(code, configuration, deps.limits)
  return updated(latest, { code, configuration }, { now: deps.clock.now(), revisionId: deps.random.uuid() })
}

function imageForZip() {
  return invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.")
}
