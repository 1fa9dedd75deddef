import { formatArn } from '../../aws/arn.ts'
import type { RecursiveLoop } from '../../invoke/recursion.ts'
import type { FunctionVersion, Logging } from '../../wire/function-version.ts'
import type { CapacityConfig } from './capacity/config.ts'

/** Whose functions, and where: every key of this room begins with it. */
export interface Scope {
  readonly accountId: string
  readonly region: string
}

export interface FunctionKey extends Scope {
  readonly name: string
}

/** What a function has beside its versions. */
export interface StoredFunction extends FunctionKey {
  readonly tags: Readonly<Record<string, string>>
  readonly reservedConcurrency: number | undefined
  /** What is done about loops: Terminate where nothing was set. */
  readonly recursiveLoop?: RecursiveLoop
}

/** One version, `$LATEST` included, as it is shown and as it runs. */
export interface StoredVersion extends FunctionKey {
  /** `$LATEST`, or the number in decimal. */
  readonly version: string
  /** Changes whenever anything that is shown of the version does. */
  readonly revisionId: string
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly code: Code
  readonly configuration: Configuration
  readonly state: 'Pending' | 'Active' | 'Failed'
  /** Absent until the version has been active. */
  readonly lastUpdate?: 'InProgress' | 'Successful' | 'Failed'
  /** Why creation, or the last update, failed. */
  readonly failure?: Failure
  /**
   * What invocations run. Absent while Pending; while an update is in progress still what was before it.
   */
  readonly running?: FunctionVersion
  /** Of a published version with SnapStart, once its init has run. */
  readonly snapshot?: 'taken' | 'unsupported'
  /** Absent: Auto. */
  readonly runtimeManagement?: RuntimeManagement
  /** Of a published version: what `$LATEST` was described as then. */
  readonly publishedFrom?: { readonly description: string }
}

/** When a version of a function gets another version of its runtime's interpreter. */
export interface RuntimeManagement {
  readonly mode: 'Auto' | 'FunctionUpdate' | 'Manual'
  /** `24.13.0`. Of Auto absent: the newest that there is when an environment starts. */
  readonly version?: string
}

export interface Code {
  /** Lower-case hex: the name of the zip among the blobs. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  readonly unzippedSize: number
  /** The version of the signing profile that signed the package, where that was asked for and found good. */
  readonly signedBy?: string
  /** Of an image: then `sha256` names its manifest among the blobs, once it is pulled. */
  readonly image?: CodeImage
}

export interface CodeImage {
  readonly uri: string
  /** Absent until it is pulled; `sha256` means nothing before. */
  readonly pulled?: PulledImage
}

/** What an image's own configuration says, and what it consists of. */
export interface PulledImage {
  /** `sha256:…`, of the manifest for one architecture. */
  readonly digest: string
  /** The URI with the digest. */
  readonly resolvedUri: string
  /** Their blobs, the lowest first. */
  readonly layers: readonly string[]
  readonly entryPoint: readonly string[]
  readonly command: readonly string[]
  readonly workingDirectory: string
  readonly variables: Readonly<Record<string, string>>
}

export interface Failure {
  /** AWS's reason code. */
  readonly code: string
  readonly reason: string
}

/** What a function's owner sets. Published versions differ from one another in this, or in their code. */
export interface Configuration {
  /** Empty for an image, as is the handler. */
  readonly runtime: string
  readonly handler: string
  readonly roleArn: string
  readonly description: string
  readonly timeoutSeconds: number
  readonly memoryMb: number
  readonly ephemeralStorageMb: number
  readonly architecture: 'x86_64' | 'arm64'
  /** Absent until it is first given, be it empty: AWS shows the member from then on. */
  readonly variables?: Readonly<Record<string, string>>
  readonly logging: Logging
  /** Given when the function is created, and never changed. */
  readonly tenantIsolation?: 'PER_TENANT'
  /** Of durable functions: likewise there from the start or never, but it may change. */
  readonly durable?: {
    /** How long an execution may take, waits included. */
    readonly timeoutSeconds: number
    /** How long an execution that has ended is kept. */
    readonly retentionDays: number
  }
  /** On managed instances: likewise there from the start or never. */
  readonly capacity?: CapacityConfig
  /** In the order in which they are laid over one another; absent where there are none. */
  readonly layers?: readonly FunctionLayer[]
  /** A queue or topic for events that failed. */
  readonly deadLetterArn?: string
  /** What replaces the image's own settings, where it was given. */
  readonly imageConfig?: ImageConfig
  readonly snapStart?: 'PublishedVersions'
  readonly fileSystem?: MountedFileSystem
}

export interface MountedFileSystem {
  /** Of an EFS access point in the function's account and region. */
  readonly arn: string
  /** `/mnt/…` */
  readonly path: string
}

/** A layer as a function has it: it works on after the layer was deleted. */
export interface FunctionLayer {
  readonly arn: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  readonly unzippedSize: number
}

export interface ImageConfig {
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
  readonly workingDirectory?: string
}

/** How events for a function, a version or an alias are treated, as far as it was set. */
export interface EventConfig {
  /** `$LATEST`, a number or an alias. */
  readonly qualifier: string
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly retriesMax?: number
  readonly ageMaxSeconds?: number
  /** ARNs. */
  readonly onSuccess?: string
  readonly onFailure?: string
}

export interface StoredAlias extends FunctionKey {
  readonly alias: string
  readonly version: string
  readonly description: string
  readonly revisionId: string
  /** A second version, and the share of invocations, 0 to 1, that it gets. */
  readonly routing?: { readonly version: string; readonly weight: number }
}

export const LATEST = '$LATEST'
/** Of functions on managed instances: the version that invocations without a qualifier run. */
export const LATEST_PUBLISHED = '$LATEST.PUBLISHED'

export function functionArn(key: FunctionKey, qualifier?: string): string {
  const suffix = qualifier === undefined ? '' : `:${qualifier}`
  return formatArn({ service: 'lambda', ...key, resource: `function:${key.name}${suffix}` })
}

/** A version that is published, and no alias. */
export function isPublished(qualifier: string): boolean {
  return qualifier === LATEST_PUBLISHED || isVersionNumber(qualifier)
}

export function isVersionNumber(qualifier: string): boolean {
  return /^[0-9]+$/.test(qualifier)
}
