import { codeSha256 } from './code.ts'
import { functionArn, type StoredAlias, type StoredVersion } from './function.ts'
import { showLogging } from './logging-config.ts'
import { runtimeVersionArn } from './runtime.ts'
import type { LambdaOutput } from './types.ts'

export type FunctionConfiguration = LambdaOutput<'GetFunctionConfiguration'>

/** A version as AWS shows it by itself. The ARN ends in `qualifier`, the one that the caller used. */
export function showVersion(version: StoredVersion, qualifier?: string): FunctionConfiguration {
  return {
    ...showListed(version, qualifier),
    RuntimeVersionConfig: {
      RuntimeVersionArn: runtimeVersionArn(version.configuration.runtime, version.region),
    },
    State: version.state,
    ...(version.state === 'Pending' && {
      StateReason: 'The function is being created.',
      StateReasonCode: 'Creating' as const,
    }),
    ...(version.lastUpdate && { LastUpdateStatus: version.lastUpdate }),
    ...(version.lastUpdate === 'InProgress' && {
      LastUpdateStatusReason: 'The function is being created.',
      // AWS sends the state's reason code here, which the client's type does not list.
      LastUpdateStatusReasonCode: 'Creating' as 'InternalError',
    }),
  }
}

/** As lists show it: without states and without the runtime's version. */
export function showListed(version: StoredVersion, qualifier?: string): FunctionConfiguration {
  const { configuration } = version
  return {
    FunctionName: version.name,
    FunctionArn: functionArn(version, qualifier),
    Runtime: configuration.runtime as NonNullable<FunctionConfiguration['Runtime']>,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    CodeSize: version.code.size,
    Description: configuration.description,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memoryMb,
    LastModified: showTime(version.lastModified),
    CodeSha256: codeSha256(version.code),
    Version: version.version,
    ...(configuration.variables && { Environment: { Variables: { ...configuration.variables } } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: version.revisionId,
    PackageType: 'Zip',
    Architectures: [configuration.architecture],
    EphemeralStorage: { Size: configuration.ephemeralStorageMb },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: showLogging(configuration.logging),
  }
}

export function showAlias(alias: StoredAlias): LambdaOutput<'GetAlias'> {
  const { routing } = alias
  return {
    AliasArn: functionArn(alias, alias.alias),
    Name: alias.alias,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(routing && { RoutingConfig: { AdditionalVersionWeights: { [routing.version]: routing.weight } } }),
    RevisionId: alias.revisionId,
  }
}

/** `2025-11-25T02:38:24.123+0000`. */
export function showTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '+0000')
}
