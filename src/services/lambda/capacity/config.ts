import { parseArn } from '../../../aws/arn.ts'
import type { ManagedInstances } from '../../../wire/function-version.ts'
import { notSupported, validationError } from '../errors.ts'
import type { Configuration, Scope } from '../function.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { notForDefaultFunctions, notForManagedInstances, providerNotFound } from './errors.ts'
import { providerArn } from './provider.ts'

/** What a function on managed instances asks of its capacity provider. */
export interface CapacityConfig {
  /** Its name; it is in the function's account and region. */
  readonly provider: string
  /** Invocations that one environment takes at once. */
  readonly maxConcurrency: number
  readonly gibPerVcpu: number
}

type Given = LambdaInput<'CreateFunction'>['CapacityProviderConfig']
type Settings = Pick<
  LambdaInput<'CreateFunction'>,
  'TenancyConfig' | 'MemorySize' | 'PackageType' | 'Runtime' | 'LoggingConfig'
>

/** Lambda's limits on functions on managed instances. */
export const MANAGED_MEMORY_MB_MIN = 2048
export const MANAGED_MEMORY_MB_MAX = 32_768
const GIB_PER_VCPU_MIN = 2
const GIB_PER_VCPU_MAX = 8
const CONCURRENCY_MAX = 1600

/**
 * AWS's defaults for one processor; that of custom runtimes is Rust's, which AWS does not say of images. Of the runtimes
 * that have no entry, lambdad's have no several workers yet.
 */
const CONCURRENCY_PER_VCPU: Readonly<Record<string, number>> = {
  nodejs: 64,
  java: 32,
  python: 16,
  provided: 8,
  image: 8,
}

/** What a new function is given, or `undefined` for one that is no managed one. */
export function newCapacity(given: Given, input: Settings, scope: Scope): CapacityConfig | undefined {
  const config = given?.LambdaManagedInstancesCapacityProviderConfig
  if (given === undefined) return undefined
  if (config === undefined) throw notForDefaultFunctions('CapacityProviderConfig')
  if (input.TenancyConfig !== undefined) throw notForManagedInstances('TenancyConfig')
  const family = input.PackageType === 'Image' ? 'image' : /^[a-z]+/.exec(input.Runtime ?? '')?.[0]
  const perVcpu = CONCURRENCY_PER_VCPU[family ?? '']
  if (perVcpu === undefined) throw notSupported(`Runtime ${input.Runtime} on managed instances`)
  const gibPerVcpu = readRatio(config.ExecutionEnvironmentMemoryGiBPerVCpu) ?? GIB_PER_VCPU_MIN
  const vcpus = vcpusOf(input.MemorySize ?? MANAGED_MEMORY_MB_MIN, gibPerVcpu)
  return {
    provider: readProvider(config.CapacityProviderArn ?? '', scope),
    gibPerVcpu,
    maxConcurrency:
      readConcurrency(config.PerExecutionEnvironmentMaxConcurrency) ??
      Math.min(CONCURRENCY_MAX, perVcpu * vcpus),
  }
}

/** `current` with what is given changed. A function does not become a managed one, nor ceases to be one. */
export function changedCapacity(
  current: CapacityConfig | undefined,
  given: Given,
  scope: Scope,
): CapacityConfig | undefined {
  if (given === undefined) return current
  if (current === undefined) throw notForDefaultFunctions('CapacityProviderConfig')
  const config = given.LambdaManagedInstancesCapacityProviderConfig
  if (config === undefined) return current
  return {
    provider: readProvider(config.CapacityProviderArn ?? '', scope),
    gibPerVcpu: readRatio(config.ExecutionEnvironmentMemoryGiBPerVCpu) ?? current.gibPerVcpu,
    maxConcurrency: readConcurrency(config.PerExecutionEnvironmentMaxConcurrency) ?? current.maxConcurrency,
  }
}

/** What changes for a managed function whatever is given with it. */
export function checkManaged({ memoryMb, logging, snapStart }: Configuration): void {
  if (snapStart !== undefined) throw notForManagedInstances('SnapStart')
  if (memoryMb < MANAGED_MEMORY_MB_MIN)
    throw validationError('memorySize', memoryMb, atLeast(MANAGED_MEMORY_MB_MIN))
  if (memoryMb > MANAGED_MEMORY_MB_MAX)
    throw validationError('memorySize', memoryMb, atMost(MANAGED_MEMORY_MB_MAX))
  if (logging.format === 'Text') throw notForManagedInstances('LogFormat Text')
}

export function managedInstances(config: CapacityConfig, memoryMb: number): ManagedInstances {
  return { maxConcurrency: config.maxConcurrency, vcpus: vcpusOf(memoryMb, config.gibPerVcpu) }
}

export function showCapacity(
  config: CapacityConfig,
  scope: Scope,
): NonNullable<LambdaOutput<'GetFunctionConfiguration'>['CapacityProviderConfig']> {
  return {
    LambdaManagedInstancesCapacityProviderConfig: {
      CapacityProviderArn: providerArn({
        accountId: scope.accountId,
        region: scope.region,
        name: config.provider,
      }),
      PerExecutionEnvironmentMaxConcurrency: config.maxConcurrency,
      ExecutionEnvironmentMemoryGiBPerVCpu: config.gibPerVcpu,
    },
  }
}

/** Names one of the account and region: by itself, or by its ARN. */
export function readProvider(text: string, { accountId, region }: Scope): string {
  const arn = parseArn(text)
  if (arn === undefined) return text
  const name = /^capacity-provider:([a-zA-Z0-9-_]+)$/.exec(arn.resource)?.[1]
  if (name === undefined || arn.accountId !== accountId || arn.region !== region) throw providerNotFound(text)
  return name
}

function vcpusOf(memoryMb: number, gibPerVcpu: number): number {
  return Math.max(1, Math.floor(memoryMb / 1024 / gibPerVcpu))
}

function readRatio(given: number | undefined): number | undefined {
  if (given === undefined) return undefined
  const path =
    'capacityProviderConfig.lambdaManagedInstancesCapacityProviderConfig.executionEnvironmentMemoryGiBPerVCpu'
  if (given < GIB_PER_VCPU_MIN) throw validationError(path, given, atLeast(GIB_PER_VCPU_MIN))
  if (given > GIB_PER_VCPU_MAX) throw validationError(path, given, atMost(GIB_PER_VCPU_MAX))
  return given
}

function readConcurrency(given: number | undefined): number | undefined {
  if (given === undefined) return undefined
  const path =
    'capacityProviderConfig.lambdaManagedInstancesCapacityProviderConfig.perExecutionEnvironmentMaxConcurrency'
  if (given < 1) throw validationError(path, given, atLeast(1))
  if (given > CONCURRENCY_MAX) throw validationError(path, given, atMost(CONCURRENCY_MAX))
  return given
}

function atLeast(limit: number): string {
  return `Member must have value greater than or equal to ${limit}`
}

function atMost(limit: number): string {
  return `Member must have value less than or equal to ${limit}`
}
