import { showCapacity } from './capacity/config.ts'
import { codeSha256 } from './code.ts'
import { showDurable } from './durable/config.ts'
import { showFileSystems } from './file-system.ts'
import { functionArn, type StoredAlias, type StoredVersion } from './function.ts'
import { showImageConfig } from './image/config.ts'
import { showLogging } from './logging-config.ts'
import { runtimeVersionArn } from './runtime.ts'
import type { LambdaOutput } from './types.ts'
import { isUnpulled, stateOf } from './versions.ts'

export type FunctionConfiguration = LambdaOutput<'GetFunctionConfiguration'>

/** A version as AWS shows it by itself. The ARN ends in `qualifier`, the one that the caller used. */
export function showVersion(version: StoredVersion, qualifier?: string): FunctionConfiguration {
  return {
    ...showListed(version, qualifier),
    ...(version.code.image === undefined && {
      RuntimeVersionConfig: {
        RuntimeVersionArn: runtimeVersionArn(
          version.configuration.runtime,
          version.region,
          version.runtimeManagement?.version,
        ),
      },
    }),
    State: stateOf(version),
    ...(version.state === 'Pending' && {
      StateReason: 'The function is being created.',
      StateReasonCode: 'Creating' as const,
    }),
    ...(version.state === 'Failed' && {
      StateReason: version.failure?.reason,
      StateReasonCode: version.failure?.code as FunctionConfiguration['StateReasonCode'],
    }),
    ...(version.lastUpdate && { LastUpdateStatus: version.lastUpdate }),
    ...(version.lastUpdate === 'InProgress' && {
      LastUpdateStatusReason: 'The function is being created.',
      // AWS sends the state's reason code here, which the client's type does not list.
      LastUpdateStatusReasonCode: 'Creating' as 'InternalError',
    }),
    ...(version.lastUpdate === 'Failed' && {
      LastUpdateStatusReason: version.failure?.reason,
      LastUpdateStatusReasonCode: version.failure
        ?.code as FunctionConfiguration['LastUpdateStatusReasonCode'],
    }),
  }
}

/** As lists show it: without states and without the runtime's version. */
export function showListed(version: StoredVersion, qualifier?: string): FunctionConfiguration {
  const { configuration, code } = version
  const { image } = code
  return {
    FunctionName: version.name,
    FunctionArn: functionArn(version, qualifier),
    Role: configuration.roleArn,
    ...(image === undefined && {
      Runtime: configuration.runtime as NonNullable<FunctionConfiguration['Runtime']>,
      Handler: configuration.handler,
    }),
    CodeSize: code.size,
    Description: configuration.description,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memoryMb,
    LastModified: showTime(version.lastModified),
    // An image's is known when it is pulled.
    ...(!isUnpulled(code) && { CodeSha256: codeSha256(code) }),
    Version: version.version,
    ...(configuration.variables && { Environment: { Variables: { ...configuration.variables } } }),
    ...(configuration.deadLetterArn && { DeadLetterConfig: { TargetArn: configuration.deadLetterArn } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: version.revisionId,
    ...(configuration.layers && {
      Layers: configuration.layers.map(({ arn, size }) => ({ Arn: arn, CodeSize: size })),
    }),
    ...(configuration.fileSystem && { FileSystemConfigs: showFileSystems(configuration.fileSystem) }),
    ...(code.signedBy !== undefined && { SigningProfileVersionArn: code.signedBy }),
    PackageType: image === undefined ? 'Zip' : 'Image',
    ...(configuration.imageConfig && {
      ImageConfigResponse: { ImageConfig: showImageConfig(configuration.imageConfig) },
    }),
    Architectures: [configuration.architecture],
    EphemeralStorage: { Size: configuration.ephemeralStorageMb },
    SnapStart: {
      ApplyOn: configuration.snapStart ?? 'None',
      OptimizationStatus: version.snapshot === 'taken' ? 'On' : 'Off',
    },
    LoggingConfig: showLogging(configuration.logging),
    ...(configuration.capacity && {
      CapacityProviderConfig: showCapacity(configuration.capacity, version),
    }),
    ...(configuration.tenantIsolation && {
      TenancyConfig: { TenantIsolationMode: configuration.tenantIsolation },
    }),
    ...(configuration.durable && { DurableConfig: showDurable(configuration.durable) }),
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

/** `2025-11-25T02:38:24.123000Z`: what shows microseconds has none here. */
export function showMicroseconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
