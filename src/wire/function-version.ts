/**
 * One version of one function, with all that a worker needs to run it. Immutable: any change of code or
 * configuration makes another one with another `revision`.
 */
export interface FunctionVersion {
  /** Environments serve only calls with the same revision. Unique among all functions. */
  readonly revision: string
  readonly accountId: string
  readonly region: string
  readonly name: string
  /** `$LATEST` or a number. */
  readonly version: string
  /** Without a qualifier. */
  readonly arn: string
  readonly roleArn: string
  /** `nodejs22.x`, `python3.12`, `provided.al2023` … */
  readonly runtime: string
  /** The one version of the runtime's interpreter that may run it, `24.13.0`; the newest where it is absent. */
  readonly runtimeVersion?: string
  readonly architecture: 'x86_64' | 'arm64'
  readonly handler: string
  /** Where the deployment package is: the SHA-256, in hex, under which the blob store keeps the zip. */
  readonly codeBlob: string
  /** Zips, named as the code is, that are laid over one another at /opt, the first one lowest. */
  readonly layers?: readonly string[]
  readonly memoryMb: number
  readonly timeoutMs: number
  /** Size of /tmp. */
  readonly ephemeralStorageMb: number
  /** What the function's owner set; the reserved ones are added by the worker. */
  readonly variables: Readonly<Record<string, string>>
  readonly logging: Logging
  /** SnapStart applies to it: its environments start from a snapshot that was made after init. */
  readonly snapStart?: boolean
  /** An environment serves one tenant only, and each invocation names its tenant. */
  readonly tenantIsolation?: true
  readonly managed?: ManagedInstances
  readonly fileSystem?: FileSystem
  /** Of functions that are container images; runtime and handler are empty then. */
  readonly image?: FunctionImage
}

/** An EFS access point of the function's account and region. */
export interface FileSystem {
  /** `fsap-0123456789abcdef0`. */
  readonly accessPoint: string
  /** Where the function finds it: `/mnt/data`. */
  readonly path: string
}

/** An environment on managed instances takes several invocations at once. */
export interface ManagedInstances {
  readonly maxConcurrency: number
  readonly vcpus: number
}

/** What an image consists of and how it is started, its own settings and the function's ImageConfig in one. */
export interface FunctionImage {
  /** Blobs, the lowest layer first: tar archives, plain or compressed. */
  readonly layers: readonly string[]
  readonly entryPoint: readonly string[]
  readonly command: readonly string[]
  /** Absolute, `/` where nothing says otherwise. */
  readonly workingDirectory: string
  /** The image's own; the function's may replace them. */
  readonly variables: Readonly<Record<string, string>>
}

export interface Logging {
  readonly format: 'Text' | 'JSON'
  readonly group: string
  /** Both present with JSON only. */
  readonly applicationLevel?: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL'
  readonly systemLevel?: 'DEBUG' | 'INFO' | 'WARN'
}
