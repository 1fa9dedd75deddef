import type { Operation } from '../../../aws/operation.ts'
import { notForManagedInstances } from '../capacity/errors.ts'
import { changeFunction, type Editing } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { findFunction } from '../find.ts'
import { type FunctionKey, functionArn, isVersionNumber, LATEST } from '../function.ts'
import { readFunctionName, readUnqualifiedName } from '../function-name.ts'
import { readPage } from '../paging.ts'
import { policyTarget, revisionOf } from '../policy-target.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { checkRoom } from './checks.ts'
import { NOT_BEGUN, type ProvisionedConfig } from './config.ts'
import {
  aliasIsProvisioned,
  isolatesTenants,
  needsVersionOrAlias,
  noProvisionedConfig,
  startsFromSnapshot,
  unpublishedVersion,
  versionIsProvisioned,
  weightedAlias,
} from './errors.ts'

/** Answers at once; environments start after it (AWS Lambda API Reference, "PutProvisionedConcurrencyConfig"). */
export const putProvisionedConcurrencyConfig: Operation<
  LambdaDeps,
  LambdaInput<'PutProvisionedConcurrencyConfig'>,
  LambdaOutput<'PutProvisionedConcurrencyConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  if (qualifier === undefined || qualifier === LATEST) throw unpublishedVersion()
  await revisionOf(deps, key, qualifier)
  const config: ProvisionedConfig = {
    qualifier,
    id: deps.random.uuid(),
    requested: input.ProvisionedConcurrentExecutions ?? 0,
    lastModified: deps.clock.now(),
    progress: NOT_BEGUN,
  }
  await changeFunction(deps, key, async (editing) => {
    await policyTarget(editing, key, qualifier)
    const { tenantIsolation, capacity } = editing.latest.configuration
    if (tenantIsolation !== undefined) throw isolatesTenants()
    if (capacity !== undefined) throw notForManagedInstances('Provisioned Concurrency')
    await checkNoSnapshot(editing, qualifier)
    await checkRoom(deps, editing, config)
    if (isVersionNumber(qualifier)) await checkVersion(editing, qualifier)
    else await checkAlias(editing, qualifier)
    await editing.fn.saveProvisioned(config)
  })
  return show(config)
}

export const getProvisionedConcurrencyConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetProvisionedConcurrencyConfig'>,
  LambdaOutput<'GetProvisionedConcurrencyConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  if (qualifier === undefined || qualifier === LATEST) throw needsVersionOrAlias()
  await revisionOf(deps, key, qualifier)
  const config = await deps.functions.findProvisioned(key, qualifier)
  if (config === undefined) throw noProvisionedConfig()
  return show(config)
}

/** What is not there counts as deleted: AWS answers 204. */
export const deleteProvisionedConcurrencyConfig: Operation<
  LambdaDeps,
  LambdaInput<'DeleteProvisionedConcurrencyConfig'>,
  LambdaOutput<'DeleteProvisionedConcurrencyConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  if (qualifier === undefined || qualifier === LATEST) throw needsVersionOrAlias()
  await revisionOf(deps, key, qualifier)
  await changeFunction(deps, key, async (editing) => {
    await policyTarget(editing, key, qualifier)
    await editing.fn.deleteProvisioned(qualifier)
  })
  return {}
}

export const listProvisionedConcurrencyConfigs: Operation<
  LambdaDeps,
  LambdaInput<'ListProvisionedConcurrencyConfigs'>,
  LambdaOutput<'ListProvisionedConcurrencyConfigs'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  await findFunction(deps, key)
  const { items, next } = await readPage(
    input,
    1,
    (page) => deps.functions.listProvisioned(key, page),
    ({ qualifier }) => [qualifier],
  )
  return { ProvisionedConcurrencyConfigs: items.map((config) => showListed(key, config)), ...next }
}

async function checkNoSnapshot({ fn }: Editing, qualifier: string): Promise<void> {
  const number = isVersionNumber(qualifier) ? qualifier : (await fn.alias(qualifier))?.version
  const version = number === undefined ? undefined : await fn.version(number)
  if (version?.configuration.snapStart !== undefined) throw startsFromSnapshot()
}

async function checkVersion({ fn }: Editing, version: string): Promise<void> {
  const provisioned = new Set((await fn.provisioned()).map(({ qualifier }) => qualifier))
  const leadsHere = (await fn.aliases()).filter(
    (alias) => alias.version === version || alias.routing?.version === version,
  )
  if (leadsHere.some(({ alias }) => provisioned.has(alias))) throw aliasIsProvisioned()
}

async function checkAlias({ fn }: Editing, name: string): Promise<void> {
  const alias = await fn.alias(name)
  if (alias?.routing !== undefined) throw weightedAlias()
  if (alias?.version === LATEST) throw unpublishedVersion()
  const others = (await fn.provisioned()).filter(({ qualifier }) => qualifier !== name)
  const versions = new Set<string | undefined>()
  for (const { qualifier } of others) {
    versions.add(isVersionNumber(qualifier) ? qualifier : (await fn.alias(qualifier))?.version)
  }
  if (versions.has(alias?.version)) throw versionIsProvisioned()
}

function show(config: ProvisionedConfig): LambdaOutput<'GetProvisionedConcurrencyConfig'> {
  const { requested, lastModified, progress } = config
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: progress.available,
    AllocatedProvisionedConcurrentExecutions: progress.allocated,
    Status: progress.status,
    ...(progress.reason !== undefined && { StatusReason: progress.reason }),
    // Whole seconds, as in AWS's examples.
    LastModified: `${new Date(lastModified).toISOString().slice(0, 19)}+0000`,
  }
}

function showListed(key: FunctionKey, config: ProvisionedConfig) {
  return { FunctionArn: functionArn(key, config.qualifier), ...show(config) }
}
