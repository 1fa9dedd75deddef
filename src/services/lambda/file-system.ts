import type { Call } from '../../aws/operation.ts'
import type { FileSystem } from '../../wire/function-version.ts'
import type { LambdaDeps } from './deps.ts'
import { invalidParameter, notSupported, validationError } from './errors.ts'
import type { Configuration, MountedFileSystem } from './function.ts'
import type { LambdaInput } from './types.ts'

type FileSystemConfigs = LambdaInput<'CreateFunction'>['FileSystemConfigs']

/** AWS's own (Lambda API Reference, "FileSystemConfig"). */
const ACCESS_POINT =
  /^arn:aws[a-zA-Z-]*:elasticfilesystem:([a-z0-9-]+):(\d{12}):access-point\/(fsap-[a-f0-9]{17})$/
const PATH = /^\/mnt\/[a-zA-Z0-9-_.]+$/

/**
 * Refuses file systems that could not be mounted. An access point's folder belongs to an account and a region: none
 * but their functions may have it. AWS also wants a VPC, which is not there to be wanted.
 */
export function checkFileSystems(
  { whyNoFileSystems }: Pick<LambdaDeps, 'whyNoFileSystems'>,
  configs: FileSystemConfigs,
  { accountId, region }: Pick<Call, 'accountId' | 'region'>,
): void {
  const [config] = configs ?? []
  if (config === undefined) return
  const { Arn: arn = '', LocalMountPath: path = '' } = config
  if (arn.includes(':s3files:')) throw notSupported('FileSystemConfigs with an access point of S3 Files')
  const [, ofRegion, ofAccount] = ACCESS_POINT.exec(arn) ?? []
  if (ofRegion === undefined) throw patternMismatch('arn', arn, ACCESS_POINT)
  // The model's pattern lets the two through that name another folder.
  if (!PATH.test(path) || /^\/mnt\/\.\.?$/.test(path)) throw patternMismatch('localMountPath', path, PATH)
  if (ofRegion !== region || ofAccount !== accountId) {
    throw invalidParameter(`The access point ${arn} is not in the function's account and region.`)
  }
  const why = whyNoFileSystems()
  if (why !== undefined) throw invalidParameter(`FileSystemConfigs cannot be carried out: ${why}`)
}

/** `current` with what was given; an empty list takes the file system away. */
export function withFileSystem(current: Configuration, configs: FileSystemConfigs): Configuration {
  if (configs === undefined) return current
  const { fileSystem: _, ...rest } = current
  const [config] = configs
  if (config === undefined) return rest
  return { ...rest, fileSystem: { arn: config.Arn ?? '', path: config.LocalMountPath ?? '' } }
}

export function showFileSystems({ arn, path }: MountedFileSystem) {
  return [{ Arn: arn, LocalMountPath: path }]
}

/** As workers are told of it. */
export function toMount({ arn, path }: MountedFileSystem): FileSystem {
  return { accessPoint: arn.slice(arn.lastIndexOf('/') + 1), path }
}

function patternMismatch(member: string, value: string, pattern: RegExp) {
  const constraint = `Member must satisfy regular expression pattern: ${pattern.source}`
  return validationError(`fileSystemConfigs.1.member.${member}`, value, constraint)
}
