import type { Call, Operation } from '../../../aws/operation.ts'
import { checkProvider } from '../capacity/checks.ts'
import { notForDefaultFunctions } from '../capacity/errors.ts'
import { readPackage, withPackage } from '../code.ts'
import { checkCodeStorage } from '../code-storage.ts'
import { newConfiguration } from '../configuration.ts'
import type { LambdaDeps } from '../deps.ts'
import { checkDeadLetterTarget } from '../destinations.ts'
import { codeSigningConfigGone, functionExists, imagesAreNotSigned } from '../errors.ts'
import { checkFileSystems } from '../file-system.ts'
import {
  type Code,
  type Configuration,
  type FunctionKey,
  functionArn,
  LATEST,
  type StoredVersion,
} from '../function.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { readImage } from '../image/code.ts'
import { checkUnzippedSize, withLayers } from '../layers/of-function.ts'
import { showVersion } from '../response.ts'
import { checkRole } from '../role.ts'
import { checkLayersSigned, checkSigned } from '../signing/check.ts'
import { type CodeSigningConfig, codeSigningConfigArn, idOfArn } from '../signing/config.ts'
import type { FunctionEditor } from '../store.ts'
import { withTags } from '../tags.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { refuseUnsupportedSettings } from '../unsupported.ts'
import { created, published, publishedAsLatest, type Step } from '../versions.ts'

/** Answers with the function Pending; it is Active moments later (AWS Lambda API Reference, "CreateFunction"). */
export const createFunction: Operation<
  LambdaDeps,
  LambdaInput<'CreateFunction'>,
  LambdaOutput<'CreateFunction'>
> = async (deps, input, call) => {
  refuseUnsupportedSettings(input)
  checkFileSystems(deps, input.FileSystemConfigs, call)
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const configuration = newConfiguration(key, input, deps.architecture)
  const tags = withTags({}, input.Tags ?? {})
  const source = input.Code ?? {}
  const isImage = input.PackageType === 'Image'
  const image = isImage ? readImage(source, deps.random, 'creating') : undefined
  if ((await deps.functions.find(key)) !== undefined) throw functionExists(key.name)
  await checkRole(deps, input.Role)
  await checkDeadLetterTarget(deps, input.DeadLetterConfig?.TargetArn)
  const signing = await readCodeSigning(deps, input, call)
  const read = image ?? (await readPackage(deps, source, call, functionArn(key)))
  const signedBy = Buffer.isBuffer(read)
    ? await checkSigned(deps, signing, read, functionArn(key))
    : undefined
  await checkLayersSigned(deps, signing, input.Layers ?? [])

  const createWith = (code: Code) =>
    deps.functions.change(key, async (fn) => {
      const whole = await withLayers(fn, configuration, input.Layers, call)
      checkUnzippedSize(code, whole, deps.limits)
      const signed = { ...code, ...(signedBy !== undefined && { signedBy }) }
      const { Publish: publish = false, PublishTo: publishTo } = input
      return create(deps, fn, { key, tags, code: signed, configuration: whole, publish, publishTo, signing })
    })
  const versions = await (Buffer.isBuffer(read) ? withPackage(deps, read, createWith) : createWith(read))
  for (const version of versions) deps.settle(version)
  return showVersion(versions.at(-1) as StoredVersion)
}

interface NewFunction {
  readonly key: FunctionKey
  readonly tags: Readonly<Record<string, string>>
  readonly code: Code
  readonly configuration: Configuration
  readonly publish: boolean
  readonly publishTo: 'LATEST_PUBLISHED' | undefined
  readonly signing: CodeSigningConfig | undefined
}

async function readCodeSigning(
  { codeSigning }: LambdaDeps,
  { CodeSigningConfigArn: arn, PackageType }: LambdaInput<'CreateFunction'>,
  { accountId, region }: Call,
): Promise<CodeSigningConfig | undefined> {
  if (!arn) return undefined
  if (PackageType === 'Image') throw imagesAreNotSigned()
  const config = await codeSigning.find({ accountId, region, id: idOfArn(arn, { accountId, region }) })
  if (config === undefined) throw codeSigningConfigGone(arn)
  return config
}

/** `$LATEST`, and the first published version where that was asked for. */
async function create(deps: LambdaDeps, fn: FunctionEditor, wanted: NewFunction): Promise<StoredVersion[]> {
  const { key, code, configuration } = wanted
  if (fn.head !== undefined) throw functionExists(key.name)
  if (!(await fn.create({ ...key, tags: wanted.tags, reservedConcurrency: undefined })))
    throw functionExists(key.name)
  if (wanted.signing !== undefined && !(await fn.saveCodeSigning(wanted.signing.id)))
    throw codeSigningConfigGone(codeSigningConfigArn(wanted.signing))
  await checkCodeStorage(deps, fn, code.size)

  await checkProvider(fn, key, configuration)
  const step = { now: deps.clock.now(), revisionId: deps.random.uuid() }
  const versions = [created(key, LATEST, { code, configuration }, step)]
  if (wanted.publish || wanted.publishTo !== undefined) {
    await checkCodeStorage(deps, fn, 2 * code.size)
    versions.push(await firstVersion(fn, versions[0] as StoredVersion, wanted, step))
  }
  for (const version of versions) await fn.saveVersion(version)
  return versions
}

async function firstVersion(
  fn: FunctionEditor,
  latest: StoredVersion,
  { publishTo, configuration }: NewFunction,
  step: Step,
): Promise<StoredVersion> {
  if (publishTo === undefined) return published(latest, await fn.nextNumber(), undefined, step)
  if (configuration.capacity === undefined) throw notForDefaultFunctions('PublishTo')
  return publishedAsLatest(latest, undefined, undefined, step)
}
