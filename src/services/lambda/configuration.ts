import { checkManaged, MANAGED_MEMORY_MB_MAX, MANAGED_MEMORY_MB_MIN, newCapacity } from './capacity/config.ts'
import { changedDurable, newDurable } from './durable/config.ts'
import { readVariables } from './environment.ts'
import { invalidParameter, notSupported, validationError } from './errors.ts'
import { withFileSystem } from './file-system.ts'
import type { Configuration, FunctionKey } from './function.ts'
import { refuseOtherPackageType, withImageConfig } from './image/config.ts'
import { defaultLogging, jsonLogging, readLogging } from './logging-config.ts'
import { checkRuntime } from './runtime.ts'
import { checkSnapStart } from './snap-start.ts'
import type { LambdaInput } from './types.ts'

export type Architecture = Configuration['architecture']

/** Lambda's limits on default functions; the model's are looser, for managed instances. */
const TIMEOUT_SECONDS_MAX = 900
const MEMORY_MB_MIN = 128
const MEMORY_MB_MAX = 10_240

/** A new function's configuration: what the caller gave, and AWS's defaults for the rest. */
export function newConfiguration(
  key: FunctionKey,
  input: LambdaInput<'CreateFunction'>,
  host: Architecture,
): Configuration {
  const isImage = input.PackageType === 'Image'
  refuseOtherPackageType(input, isImage)
  const { Runtime = '', Handler = '' } = input
  if (!isImage && (Runtime === '' || Handler === '')) throw runtimeAndHandlerNeeded()
  const durable = newDurable(input)
  const capacity = newCapacity(input.CapacityProviderConfig, input, key)
  const defaults: Configuration = {
    runtime: Runtime,
    handler: Handler,
    roleArn: input.Role ?? '',
    description: '',
    timeoutSeconds: 3,
    memoryMb: capacity === undefined ? MEMORY_MB_MIN : MANAGED_MEMORY_MB_MIN,
    ephemeralStorageMb: 512,
    architecture: readArchitecture(input.Architectures, host) ?? host,
    logging: capacity === undefined ? defaultLogging(key.name) : jsonLogging(key.name),
    ...(input.TenancyConfig?.TenantIsolationMode && {
      tenantIsolation: input.TenancyConfig.TenantIsolationMode,
    }),
    ...(durable && { durable }),
    ...(capacity && { capacity }),
  }
  return changedConfiguration(defaults, input)
}

/** What CreateFunction and UpdateFunctionConfiguration can both set. */
type Settings = Omit<LambdaInput<'UpdateFunctionConfiguration'>, 'FunctionName' | 'RevisionId'>

/** `current` with what `input` names changed, the rest as it was. */
export function changedConfiguration(current: Configuration, input: Settings): Configuration {
  if (input.Runtime !== undefined) checkRuntime(input.Runtime)
  checkRanges(input, current.capacity === undefined ? MEMORY_MB_MAX : MANAGED_MEMORY_MB_MAX)
  const variables = input.Environment && readVariables(input.Environment.Variables ?? {})
  const { deadLetterArn, ...changed } = withSnapStart(
    withFileSystem(withImageConfig(current, input.ImageConfig), input.FileSystemConfigs),
    input.SnapStart?.ApplyOn,
  )
  const deadLetters = input.DeadLetterConfig?.TargetArn ?? deadLetterArn
  const durable = changedDurable(current.durable, input.DurableConfig)
  const after: Configuration = {
    ...changed,
    runtime: input.Runtime ?? current.runtime,
    handler: input.Handler ?? current.handler,
    roleArn: input.Role ?? current.roleArn,
    description: input.Description ?? current.description,
    timeoutSeconds: input.Timeout ?? current.timeoutSeconds,
    memoryMb: input.MemorySize ?? current.memoryMb,
    ephemeralStorageMb: input.EphemeralStorage?.Size ?? current.ephemeralStorageMb,
    ...(variables && { variables }),
    ...(deadLetters && { deadLetterArn: deadLetters }),
    logging: readLogging(current.logging, input.LoggingConfig),
    ...(durable && { durable }),
  }
  checkSnapStart(after)
  if (after.capacity !== undefined) checkManaged(after)
  return after
}

function withSnapStart(
  configuration: Configuration,
  applyOn: NonNullable<Settings['SnapStart']>['ApplyOn'],
): Configuration {
  if (applyOn === undefined) return configuration
  const { snapStart: _, ...rest } = configuration
  return applyOn === 'PublishedVersions' ? { ...rest, snapStart: applyOn } : rest
}

/** The one architecture that was asked for; only the host's can be run. */
export function readArchitecture(
  architectures: readonly string[] | undefined,
  host: Architecture,
): Architecture | undefined {
  const wanted = architectures?.[0]
  if (wanted === undefined) return undefined
  if (wanted !== host) throw notSupported(`Architecture ${wanted} on this host, which is ${host},`)
  return host
}

function checkRanges({ Timeout, MemorySize }: Settings, memoryMbMax: number): void {
  if (Timeout !== undefined && Timeout > TIMEOUT_SECONDS_MAX)
    throw validationError('timeout', Timeout, atMost(TIMEOUT_SECONDS_MAX))
  if (MemorySize !== undefined && MemorySize > memoryMbMax)
    throw validationError('memorySize', MemorySize, atMost(memoryMbMax))
}

function atMost(limit: number): string {
  return `Member must have value less than or equal to ${limit}`
}

function runtimeAndHandlerNeeded() {
  return invalidParameter(
    'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
  )
}
