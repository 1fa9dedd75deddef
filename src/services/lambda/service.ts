import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { BlobStore } from '../../store/blobs.ts'
import type { Changes } from '../../store/changes.ts'
import type { Database } from '../../store/database.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { SnapshotOutcome } from '../../wire/worker.ts'
import { acrossAccounts } from './across-accounts.ts'
import { Fleet, type ManagedEnvironments } from './capacity/fleet.ts'
import {
  createCapacityProvider,
  deleteCapacityProvider,
  getCapacityProvider,
  listCapacityProviders,
  listFunctionVersionsByCapacityProvider,
  updateCapacityProvider,
} from './capacity/providers.ts'
import { getFunctionScalingConfig, putFunctionScalingConfig } from './capacity/scaling.ts'
import { createCapacityStore } from './capacity/store.sql.ts'
import { type CodeAnswer, codeDoor } from './code-door.ts'
import type { Architecture } from './configuration.ts'
import type { LambdaDeps } from './deps.ts'
import { createFunctionDirectory, type FunctionDirectory } from './directory.ts'
import type { GetExecutions } from './durable/deps.ts'
import { bindDurableOperations } from './durable/service.ts'
import type { FunctionKey } from './function.ts'
import type { ImageSettingsOfHost } from './image/pull.ts'
import { createLayerStore } from './layers/store.sql.ts'
import { type AccountLimits, DEFAULT_LIMITS } from './limits.ts'
import { createMappingStore } from './mappings/store.sql.ts'
import type { MappingStore } from './mappings/store.ts'
import { MappingTransitions } from './mappings/transitions.ts'
import { createMayInvoke, type MayInvoke } from './may-invoke.ts'
import { addPermission } from './operations/add-permission.ts'
import {
  createCodeSigningConfig,
  deleteCodeSigningConfig,
  getCodeSigningConfig,
  listCodeSigningConfigs,
  listFunctionsByCodeSigningConfig,
  updateCodeSigningConfig,
} from './operations/code-signing-configs.ts'
import {
  deleteFunctionConcurrency,
  getFunctionConcurrency,
  putFunctionConcurrency,
} from './operations/concurrency.ts'
import { createAlias } from './operations/create-alias.ts'
import { createFunction } from './operations/create-function.ts'
import { deleteAlias } from './operations/delete-alias.ts'
import { deleteFunction } from './operations/delete-function.ts'
import {
  deleteFunctionEventInvokeConfig,
  getFunctionEventInvokeConfig,
  listFunctionEventInvokeConfigs,
  putFunctionEventInvokeConfig,
  updateFunctionEventInvokeConfig,
} from './operations/event-invoke-configs.ts'
import {
  createEventSourceMapping,
  deleteEventSourceMapping,
  getEventSourceMapping,
  listEventSourceMappings,
  updateEventSourceMapping,
} from './operations/event-source-mappings.ts'
import {
  deleteFunctionCodeSigningConfig,
  getFunctionCodeSigningConfig,
  putFunctionCodeSigningConfig,
} from './operations/function-code-signing.ts'
import { getAccountSettings } from './operations/get-account-settings.ts'
import { getAlias } from './operations/get-alias.ts'
import { getFunction } from './operations/get-function.ts'
import { getFunctionConfiguration } from './operations/get-function-configuration.ts'
import { getPolicy } from './operations/get-policy.ts'
import { invokeFunction } from './operations/invoke.ts'
import { invokeAsync } from './operations/invoke-async.ts'
import {
  invokeWithResponseStream,
  type ResponseStreamDeps,
} from './operations/invoke-with-response-stream.ts'
import {
  addLayerVersionPermission,
  getLayerVersionPolicy,
  removeLayerVersionPermission,
} from './operations/layer-policy.ts'
import {
  deleteLayerVersion,
  getLayerVersion,
  getLayerVersionByArn,
  listLayers,
  listLayerVersions,
  publishLayerVersion,
} from './operations/layers.ts'
import { listAliases } from './operations/list-aliases.ts'
import { listFunctions } from './operations/list-functions.ts'
import { listVersionsByFunction } from './operations/list-versions-by-function.ts'
import { publishVersion } from './operations/publish-version.ts'
import { getFunctionRecursionConfig, putFunctionRecursionConfig } from './operations/recursion-config.ts'
import { removePermission } from './operations/remove-permission.ts'
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy } from './operations/resource-policy.ts'
import { getRuntimeManagementConfig, putRuntimeManagementConfig } from './operations/runtime-management.ts'
import { listTags, tagResource, untagResource } from './operations/tags.ts'
import { updateAlias } from './operations/update-alias.ts'
import { updateFunctionCode } from './operations/update-function-code.ts'
import { updateFunctionConfiguration } from './operations/update-function-configuration.ts'
import {
  createFunctionUrlConfig,
  deleteFunctionUrlConfig,
  getFunctionUrlConfig,
  listFunctionUrlConfigs,
  updateFunctionUrlConfig,
} from './operations/url-configs.ts'
import {
  deleteProvisionedConcurrencyConfig,
  getProvisionedConcurrencyConfig,
  listProvisionedConcurrencyConfigs,
  putProvisionedConcurrencyConfig,
} from './provisioned/operations.ts'
import { type ProvisionedEnvironments, Provisioner } from './provisioned/provisioner.ts'
import type { SigningProfiles } from './signing/profiles.ts'
import { createCodeSigningStore } from './signing/store.sql.ts'
import { createFunctionStore } from './store.sql.ts'
import { FUNCTION_CHANGED, PROVIDER_CHANGED, REVISION_RETIRED, readFunctionKey } from './topics.ts'
import { Transitions } from './transitions.ts'

type LambdaOperationName = OperationName<typeof import('@aws-sdk/client-lambda')>

/** The control plane's operations. Those that invoke are bound by `bindInvoke`. */
export const lambdaOperations = {
  AddLayerVersionPermission: addLayerVersionPermission,
  AddPermission: addPermission,
  CreateAlias: createAlias,
  CreateCodeSigningConfig: createCodeSigningConfig,
  CreateEventSourceMapping: createEventSourceMapping,
  CreateFunction: createFunction,
  CreateFunctionUrlConfig: createFunctionUrlConfig,
  DeleteAlias: deleteAlias,
  DeleteCodeSigningConfig: deleteCodeSigningConfig,
  DeleteEventSourceMapping: deleteEventSourceMapping,
  CreateCapacityProvider: createCapacityProvider,
  DeleteCapacityProvider: deleteCapacityProvider,
  DeleteFunction: deleteFunction,
  DeleteFunctionCodeSigningConfig: deleteFunctionCodeSigningConfig,
  DeleteFunctionConcurrency: deleteFunctionConcurrency,
  DeleteFunctionEventInvokeConfig: deleteFunctionEventInvokeConfig,
  DeleteFunctionUrlConfig: deleteFunctionUrlConfig,
  DeleteLayerVersion: deleteLayerVersion,
  DeleteProvisionedConcurrencyConfig: deleteProvisionedConcurrencyConfig,
  DeleteResourcePolicy: deleteResourcePolicy,
  GetAccountSettings: getAccountSettings,
  GetAlias: getAlias,
  GetCodeSigningConfig: getCodeSigningConfig,
  GetCapacityProvider: getCapacityProvider,
  GetEventSourceMapping: getEventSourceMapping,
  GetFunction: getFunction,
  GetFunctionCodeSigningConfig: getFunctionCodeSigningConfig,
  GetFunctionConcurrency: getFunctionConcurrency,
  GetFunctionConfiguration: getFunctionConfiguration,
  GetFunctionEventInvokeConfig: getFunctionEventInvokeConfig,
  GetFunctionRecursionConfig: getFunctionRecursionConfig,
  GetFunctionUrlConfig: getFunctionUrlConfig,
  GetFunctionScalingConfig: getFunctionScalingConfig,
  GetLayerVersion: getLayerVersion,
  GetLayerVersionByArn: getLayerVersionByArn,
  GetLayerVersionPolicy: getLayerVersionPolicy,
  GetPolicy: getPolicy,
  GetProvisionedConcurrencyConfig: getProvisionedConcurrencyConfig,
  GetResourcePolicy: getResourcePolicy,
  GetRuntimeManagementConfig: getRuntimeManagementConfig,
  ListAliases: listAliases,
  ListCodeSigningConfigs: listCodeSigningConfigs,
  ListCapacityProviders: listCapacityProviders,
  ListEventSourceMappings: listEventSourceMappings,
  ListFunctionEventInvokeConfigs: listFunctionEventInvokeConfigs,
  ListFunctionUrlConfigs: listFunctionUrlConfigs,
  ListFunctions: listFunctions,
  ListFunctionsByCodeSigningConfig: listFunctionsByCodeSigningConfig,
  ListFunctionVersionsByCapacityProvider: listFunctionVersionsByCapacityProvider,
  ListLayerVersions: listLayerVersions,
  ListLayers: listLayers,
  ListProvisionedConcurrencyConfigs: listProvisionedConcurrencyConfigs,
  ListTags: listTags,
  ListVersionsByFunction: listVersionsByFunction,
  PublishLayerVersion: publishLayerVersion,
  PublishVersion: publishVersion,
  PutFunctionCodeSigningConfig: putFunctionCodeSigningConfig,
  PutFunctionConcurrency: putFunctionConcurrency,
  PutFunctionEventInvokeConfig: putFunctionEventInvokeConfig,
  PutFunctionRecursionConfig: putFunctionRecursionConfig,
  PutFunctionScalingConfig: putFunctionScalingConfig,
  PutProvisionedConcurrencyConfig: putProvisionedConcurrencyConfig,
  PutResourcePolicy: putResourcePolicy,
  PutRuntimeManagementConfig: putRuntimeManagementConfig,
  RemoveLayerVersionPermission: removeLayerVersionPermission,
  RemovePermission: removePermission,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
  UpdateCodeSigningConfig: updateCodeSigningConfig,
  UpdateCapacityProvider: updateCapacityProvider,
  UpdateEventSourceMapping: updateEventSourceMapping,
  UpdateFunctionCode: updateFunctionCode,
  UpdateFunctionConfiguration: updateFunctionConfiguration,
  UpdateFunctionEventInvokeConfig: updateFunctionEventInvokeConfig,
  UpdateFunctionUrlConfig: updateFunctionUrlConfig,
} satisfies Partial<Record<LambdaOperationName, Operation<LambdaDeps, never, unknown>>>

export function createLambdaOperations(
  deps: LambdaDeps,
): Record<keyof typeof lambdaOperations, BoundOperation> {
  return bindOperations(lambdaOperations, deps)
}

/** The operations that need placement beside what the control plane knows. */
export const invokeOperations = {
  Invoke: invokeFunction,
  InvokeAsync: invokeAsync,
  InvokeWithResponseStream: invokeWithResponseStream,
} satisfies Partial<Record<LambdaOperationName, Operation<ResponseStreamDeps, never, unknown>>>

export function bindInvoke(deps: ResponseStreamDeps): Record<keyof typeof invokeOperations, BoundOperation> {
  return bindOperations(invokeOperations, deps)
}

export interface LambdaOptions {
  readonly database: Database
  readonly blobs: BlobStore
  readonly changes: Changes
  /** To the other services: destinations, dead-letter queues, code in S3. */
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
  readonly environments: { retire(revision: string): void } & ProvisionedEnvironments & ManagedEnvironments
  /** SnapStart: runs a version's init and keeps what it made. */
  readonly takeSnapshot: (fn: FunctionVersion) => Promise<SnapshotOutcome>
  /** Signs links to code: kept across restarts, the same on all nodes. */
  readonly codeSecret: string | Buffer
  /** Of this host, whose functions are the only ones that it can run. */
  readonly architecture: Architecture
  readonly limits?: AccountLimits
  /** Whether a role is there and lets Lambda assume it. Absent: any role will do. */
  readonly isAssumableRole?: (arn: string) => Promise<boolean>
  readonly images: ImageSettingsOfHost
  /** Deletes the events that wait for a function that is gone. */
  readonly forgetEvents: (key: FunctionKey) => void
  /** Public keys of those who may sign packages; none where it is left out. */
  readonly signingProfiles?: SigningProfiles
  /** The versions of a runtime's interpreter that are there, the newest first; none where it is left out. */
  readonly runtimeVersions?: (runtime: string) => Promise<readonly string[]>
  /** Why functions cannot have file systems here; undefined where they can. None can where it is left out. */
  readonly whyNoFileSystems?: () => string | undefined
  /** Says in lambdad's own log what its owner may want to know. */
  readonly warn?: (message: string) => void
  /** Is told of what fails where no caller waits. */
  readonly reportFault: (error: unknown) => void
}

/** Lambda's control plane: its operations, what Invoke asks it, and its work in the background. */
export interface Lambda {
  readonly operations: Record<string, BoundOperation>
  readonly directory: FunctionDirectory
  readonly mayInvoke: MayInvoke
  /** The operations, for callers of other accounts as well, as far as functions' policies let them. */
  readonly acrossAccounts: (operations: Record<string, BoundOperation>) => Record<string, BoundOperation>
  /** The operations on executions of durable functions. */
  readonly durableOperations: (executions: GetExecutions) => Record<string, BoundOperation>
  /** What pollers read. */
  readonly mappings: Pick<MappingStore, 'polled' | 'position' | 'savePosition'>
  /** Answers `GET /_lambdad/code/…`, to where GetFunction sends those who want the package. */
  readonly codeDoor: (target: string) => Promise<CodeAnswer>
  /** Ends what an earlier process left half done. Before the first call. */
  start(): Promise<void>
  /** After the last call. */
  stop(): Promise<void>
}

export function createLambda(options: LambdaOptions): Lambda {
  const { changes, environments } = options
  const given = {
    ...options,
    functions: createFunctionStore(options.database, changes),
    layers: createLayerStore(options.database),
    mappings: createMappingStore(options.database, changes),
    codeSigning: createCodeSigningStore(options.database),
    signingProfiles: options.signingProfiles ?? (async () => undefined),
    runtimeVersions: options.runtimeVersions ?? (async () => []),
    whyNoFileSystems: options.whyNoFileSystems ?? (() => 'there is no folder for them.'),
    warn: options.warn ?? (() => {}),
    capacity: createCapacityStore(options.database, changes),
    limits: options.limits ?? DEFAULT_LIMITS,
  }
  const transitions = new Transitions(given)
  const provisioner = new Provisioner(given)
  const fleet = new Fleet(given)
  const directory = createFunctionDirectory(given)
  const mappingTransitions = new MappingTransitions(given)
  const deps: LambdaDeps = {
    ...given,
    settle: (version) => transitions.settle(version),
    settleMapping: (mapping) => mappingTransitions.settle(mapping),
  }
  const unsubscribe = [
    changes.subscribe(FUNCTION_CHANGED, (key) =>
      key === undefined ? directory.forgetAll() : directory.forget(readFunctionKey(key)),
    ),
    changes.subscribe(FUNCTION_CHANGED, (key) => provisioner.changed(key)),
    changes.subscribe(FUNCTION_CHANGED, (key) => fleet.changed(key)),
    changes.subscribe(PROVIDER_CHANGED, (key) => fleet.providerChanged(key)),
    // A node that was cut off misses some: their environments are idle from then on, and end as idle ones do.
    changes.subscribe(REVISION_RETIRED, (key) => {
      if (key !== undefined) environments.retire(key)
    }),
  ]
  return {
    operations: createLambdaOperations(deps),
    directory,
    mayInvoke: createMayInvoke(given.functions),
    acrossAccounts: (operations) => acrossAccounts(operations, given.functions),
    durableOperations: (executions) => bindDurableOperations({ functions: given.functions, executions }),
    mappings: given.mappings,
    codeDoor: (target) => codeDoor(deps, target),
    start: async () => {
      await transitions.start()
      await mappingTransitions.start()
      await provisioner.start()
      await fleet.start()
    },
    stop: async () => {
      await transitions.stop()
      await mappingTransitions.stop()
      for (const stop of unsubscribe) stop()
      await provisioner.stop()
      await fleet.stop()
    },
  }
}
