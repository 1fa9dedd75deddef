import { isDeepStrictEqual } from 'node:util'
import type { FunctionImage, FunctionVersion } from '../../wire/function-version.ts'
import { managedInstances } from './capacity/config.ts'
import { functionPending, updateInProgress } from './errors.ts'
import { toMount } from './file-system.ts'
import {
  type Code,
  type Configuration,
  type Failure,
  type FunctionKey,
  functionArn,
  type ImageConfig,
  LATEST,
  LATEST_PUBLISHED,
  type PulledImage,
  type StoredVersion,
} from './function.ts'
import { startsFromSnapshot } from './snap-start.ts'

// The life of a version, as pure steps:
//
//   created ─▶ Pending ── settled ─▶ Active, Successful ── updated ─▶ Active, InProgress ── settled ─▶ …
//
// Where an image cannot be had, a Pending version becomes Failed, and one that runs has its last update Failed.
// Each step gives the version another RevisionId. Published versions are settled once and never updated.

/** What a step is given from outside. */
export interface Step {
  readonly now: number
  readonly revisionId: string
}

export function created(
  key: FunctionKey,
  version: string,
  content: { readonly code: Code; readonly configuration: Configuration },
  step: Step,
): StoredVersion {
  return {
    ...{ accountId: key.accountId, region: key.region, name: key.name },
    version,
    revisionId: step.revisionId,
    lastModified: step.now,
    code: content.code,
    configuration: content.configuration,
    state: 'Pending',
  }
}

/** Invocations go on as before until the version is settled. */
export function updated(
  version: StoredVersion,
  change: { readonly code?: Code; readonly configuration?: Configuration },
  step: Step,
): StoredVersion {
  const { failure: _, ...before } = version
  return {
    ...before,
    ...change,
    revisionId: step.revisionId,
    lastModified: step.now,
    ...(version.state === 'Failed' ? { state: 'Pending' as const } : { lastUpdate: 'InProgress' as const }),
  }
}

/** Anything that is shown of the version changed, but nothing that it runs. */
export function touched(version: StoredVersion, revisionId: string): StoredVersion {
  return { ...version, revisionId }
}

/** As AWS names it: on managed instances `$LATEST` is there to be published only. */
export function stateOf({
  state,
  version,
  configuration,
}: StoredVersion): StoredVersion['state'] | 'ActiveNonInvocable' {
  const isForPublishing = version === LATEST && configuration.capacity !== undefined
  return state === 'Active' && isForPublishing ? 'ActiveNonInvocable' : state
}

/** Whether a settlement is due. */
export function isUnsettled(version: StoredVersion): boolean {
  return version.state === 'Pending' || version.lastUpdate === 'InProgress'
}

/** All that is kept of a version's code: packages and layers, those before an update included. */
export function codesOf(version: StoredVersion): string[] {
  const { code, configuration } = version
  return [code.sha256, ...(configuration.layers ?? []).map(({ sha256 }) => sha256), ...runningCodes(version)]
}

/** What invocations run. */
export function runningCodes({ running }: StoredVersion): string[] {
  return running === undefined ? [] : [running.codeBlob, ...(running.layers ?? [])]
}

/** It cannot be had: what ran before runs on. */
export function failed(version: StoredVersion, revisionId: string, failure: Failure): StoredVersion {
  const step = version.state === 'Pending' ? { state: 'Failed' as const } : { lastUpdate: 'Failed' as const }
  return { ...version, ...step, revisionId, failure }
}

/** An image that has not been fetched yet: what there is of its code is a name. */
export function isUnpulled(code: Code): boolean {
  return code.image !== undefined && code.image.pulled === undefined
}

/** Active, with all that was changed now running. `revision` names what runs, where that is something new. */
export function settled(
  version: StoredVersion,
  step: { revisionId: string; revision: string },
): StoredVersion {
  const { failure: _, ...before } = version
  return {
    ...before,
    revisionId: step.revisionId,
    state: 'Active',
    lastUpdate: 'Successful',
    running: runningOf(version, step.revision),
  }
}

/** Refuses what AWS refuses while a function is being created or updated. */
export function refuseWhileUnsettled(version: StoredVersion): void {
  if (version.state === 'Pending') throw functionPending()
  if (version.lastUpdate === 'InProgress') throw updateInProgress(functionArn(version))
}

/** A copy of `latest` under a number, with a description of its own where one was given. */
export function published(
  latest: StoredVersion,
  number: string,
  description: string | undefined,
  step: Step,
): StoredVersion {
  const configuration = {
    ...latest.configuration,
    description: description || latest.configuration.description,
  }
  return {
    ...created(latest, number, { code: latest.code, configuration }, step),
    ...(latest.runtimeManagement && { runtimeManagement: latest.runtimeManagement }),
    publishedFrom: { description: latest.configuration.description },
  }
}

/** `$LATEST.PUBLISHED`, made or brought up to date: invocations run what was before it until that is settled. */
export function publishedAsLatest(
  latest: StoredVersion,
  before: StoredVersion | undefined,
  description: string | undefined,
  step: Step,
): StoredVersion {
  const fresh = published(latest, LATEST_PUBLISHED, description, step)
  if (before === undefined) return fresh
  const { code, configuration, publishedFrom } = fresh
  return { ...updated(before, { code, configuration }, step), ...(publishedFrom && { publishedFrom }) }
}

/** Whether publishing `latest` would make the same version once more. */
export function isUnchanged(latest: StoredVersion, last: StoredVersion): boolean {
  const before = { ...last.configuration, description: last.publishedFrom?.description }
  return latest.code.sha256 === last.code.sha256 && isDeepStrictEqual(latest.configuration, before)
}

/** Environments are kept where nothing changed that they would notice. */
function runningOf(version: StoredVersion, revision: string): FunctionVersion {
  const running = toFunctionVersion(version, revision)
  const before = version.running
  if (before !== undefined && isDeepStrictEqual({ ...running, revision: '' }, { ...before, revision: '' }))
    return before
  return running
}

/** What is to run. `revision` names it. */
export function toFunctionVersion(version: StoredVersion, revision: string): FunctionVersion {
  const { configuration } = version
  return {
    revision,
    accountId: version.accountId,
    region: version.region,
    name: version.name,
    version: version.version,
    arn: functionArn(version),
    roleArn: configuration.roleArn,
    runtime: configuration.runtime,
    ...(version.runtimeManagement?.version !== undefined && {
      runtimeVersion: version.runtimeManagement.version,
    }),
    architecture: configuration.architecture,
    handler: configuration.handler,
    codeBlob: version.code.sha256,
    ...(configuration.layers && { layers: configuration.layers.map(({ sha256 }) => sha256) }),
    memoryMb: configuration.memoryMb,
    timeoutMs: configuration.timeoutSeconds * 1000,
    ephemeralStorageMb: configuration.ephemeralStorageMb,
    variables: configuration.variables ?? {},
    logging: configuration.logging,
    ...(startsFromSnapshot(version.version, configuration) && { snapStart: true }),
    ...(configuration.fileSystem && { fileSystem: toMount(configuration.fileSystem) }),
    ...(configuration.tenantIsolation && { tenantIsolation: true as const }),
    ...(configuration.capacity && {
      managed: managedInstances(configuration.capacity, configuration.memoryMb),
    }),
    ...(version.code.image?.pulled && {
      image: imageOf(version.code.image.pulled, configuration.imageConfig),
    }),
  }
}

/** Each setting of ImageConfig replaces the image's own, by itself; an empty one replaces nothing. */
function imageOf(image: PulledImage, config: ImageConfig = {}): FunctionImage {
  const { entryPoint = [], command = [], workingDirectory } = config
  return {
    layers: image.layers,
    entryPoint: entryPoint.length > 0 ? entryPoint : image.entryPoint,
    command: command.length > 0 ? command : image.command,
    workingDirectory: workingDirectory || image.workingDirectory || '/',
    variables: image.variables,
  }
}
