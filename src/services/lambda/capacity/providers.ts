import type { Call, Operation } from '../../../aws/operation.ts'
import { readArchitecture } from '../configuration.ts'
import type { LambdaDeps } from '../deps.ts'
import { notSupported } from '../errors.ts'
import { functionArn } from '../function.ts'
import { readPage } from '../paging.ts'
import { showTime } from '../response.ts'
import { withTags } from '../tags.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { stateOf } from '../versions.ts'
import { readProvider } from './config.ts'
import { providerExists, providerInUse, providerNotFound } from './errors.ts'
import { DEFAULT_VCPUS_MAX, type ProviderKey, providerArn, type StoredProvider } from './provider.ts'

type Shown = NonNullable<LambdaOutput<'GetCapacityProvider'>['CapacityProvider']>
type ScalingInput = LambdaInput<'CreateCapacityProvider'>['CapacityProviderScalingConfig']

/**
 * Instances are the machines that lambdad runs on: subnets, security groups and the operator's role are kept and
 * shown. What chooses instances is refused by name (AWS Lambda API Reference, "CreateCapacityProvider").
 */
export const createCapacityProvider: Operation<
  LambdaDeps,
  LambdaInput<'CreateCapacityProvider'>,
  LambdaOutput<'CreateCapacityProvider'>
> = async (deps, input, call) => {
  refuseUnsupported(input)
  const architecture = readArchitecture(input.InstanceRequirements?.Architectures, deps.architecture)
  const provider: StoredProvider = {
    ...keyOf(input.CapacityProviderName, call),
    subnetIds: input.VpcConfig?.SubnetIds ?? [],
    securityGroupIds: input.VpcConfig?.SecurityGroupIds ?? [],
    operatorRoleArn: input.PermissionsConfig?.CapacityProviderOperatorRoleArn ?? '',
    ...(architecture && { architecture }),
    ...readScaling(input.CapacityProviderScalingConfig),
    tags: withTags({}, input.Tags ?? {}),
    lastModified: deps.clock.now(),
  }
  if (!(await deps.capacity.create(provider))) throw providerExists(provider.name)
  return { CapacityProvider: show(provider, 'Pending') }
}

export const getCapacityProvider: Operation<
  LambdaDeps,
  LambdaInput<'GetCapacityProvider'>,
  LambdaOutput<'GetCapacityProvider'>
> = async (deps, input, call) => {
  return { CapacityProvider: show(await found(deps, keyOf(input.CapacityProviderName, call)), 'Active') }
}

export const listCapacityProviders: Operation<
  LambdaDeps,
  LambdaInput<'ListCapacityProviders'>,
  LambdaOutput<'ListCapacityProviders'>
> = async (deps, input, call) => {
  // One that is there is Active.
  if (input.State !== undefined && input.State !== 'Active') return { CapacityProviders: [] }
  const { items, next } = await readPage(
    input,
    1,
    (page) => deps.capacity.list(call, page),
    ({ name }) => [name],
  )
  return { CapacityProviders: items.map((provider) => show(provider, 'Active')), ...next }
}

export const updateCapacityProvider: Operation<
  LambdaDeps,
  LambdaInput<'UpdateCapacityProvider'>,
  LambdaOutput<'UpdateCapacityProvider'>
> = async (deps, input, call) => {
  refuseUnsupported(input)
  const key = keyOf(input.CapacityProviderName, call)
  const scaling = input.CapacityProviderScalingConfig
  const changed = await deps.capacity.change(key, (provider) => ({
    ...provider,
    ...(scaling && readScaling(scaling)),
    lastModified: deps.clock.now(),
  }))
  if (changed === undefined) throw providerNotFound(providerArn(key))
  return { CapacityProvider: show(changed, 'Active') }
}

export const deleteCapacityProvider: Operation<
  LambdaDeps,
  LambdaInput<'DeleteCapacityProvider'>,
  LambdaOutput<'DeleteCapacityProvider'>
> = async (deps, input, call) => {
  const key = keyOf(input.CapacityProviderName, call)
  const provider = await found(deps, key)
  const outcome = await deps.capacity.delete(key)
  if (outcome === 'not found') throw providerNotFound(providerArn(key))
  if (outcome === 'in use') throw providerInUse(providerArn(key))
  return { CapacityProvider: show(provider, 'Deleting') }
}

export const listFunctionVersionsByCapacityProvider: Operation<
  LambdaDeps,
  LambdaInput<'ListFunctionVersionsByCapacityProvider'>,
  LambdaOutput<'ListFunctionVersionsByCapacityProvider'>
> = async (deps, input, call) => {
  const key = keyOf(input.CapacityProviderName, call)
  await found(deps, key)
  const { items, next } = await readPage(
    input,
    2,
    (page) => deps.capacity.versionsOn(key, page),
    ({ functionName, version }) => [functionName, version],
  )
  const shown = items.map(async ({ functionName, version }) => {
    const of = { accountId: key.accountId, region: key.region, name: functionName }
    const stored = await deps.functions.findVersion(of, version)
    return { FunctionArn: functionArn(of, version), State: stored && stateOf(stored) }
  })
  return { CapacityProviderArn: providerArn(key), FunctionVersions: await Promise.all(shown), ...next }
}

function keyOf(name: string | undefined, { accountId, region }: Call): ProviderKey {
  const scope = { accountId, region }
  return { ...scope, name: readProvider(name ?? '', scope) }
}

async function found({ capacity }: LambdaDeps, key: ProviderKey): Promise<StoredProvider> {
  const provider = await capacity.find(key)
  if (provider === undefined) throw providerNotFound(providerArn(key))
  return provider
}

type Refusable = Partial<
  Pick<
    LambdaInput<'CreateCapacityProvider'>,
    'KmsKeyArn' | 'PropagateTags' | 'TelemetryConfig' | 'InstanceRequirements'
  >
>

function refuseUnsupported(input: Refusable): void {
  const { AllowedInstanceTypes, ExcludedInstanceTypes } = input.InstanceRequirements ?? {}
  if (input.KmsKeyArn) throw notSupported('KmsKeyArn')
  if (input.PropagateTags !== undefined) throw notSupported('PropagateTags')
  if (input.TelemetryConfig !== undefined) throw notSupported('TelemetryConfig')
  if (AllowedInstanceTypes?.length) throw notSupported('InstanceRequirements.AllowedInstanceTypes')
  if (ExcludedInstanceTypes?.length) throw notSupported('InstanceRequirements.ExcludedInstanceTypes')
}

function readScaling(given: ScalingInput): Pick<StoredProvider, 'vcpusMax' | 'isScaled'> {
  if (given?.ScalingMode === 'Manual') throw notSupported('ScalingMode Manual')
  if (given?.ScalingPolicies?.length) throw notSupported('ScalingPolicies')
  return { vcpusMax: given?.MaxVCpuCount ?? DEFAULT_VCPUS_MAX, isScaled: given !== undefined }
}

function show(provider: StoredProvider, state: 'Pending' | 'Active' | 'Deleting'): Shown {
  const { architecture } = provider
  return {
    CapacityProviderArn: providerArn(provider),
    State: state,
    VpcConfig: {
      SubnetIds: [...provider.subnetIds],
      SecurityGroupIds: [...provider.securityGroupIds],
    },
    PermissionsConfig: { CapacityProviderOperatorRoleArn: provider.operatorRoleArn },
    ...(architecture && { InstanceRequirements: { Architectures: [architecture] } }),
    ...(provider.isScaled && {
      CapacityProviderScalingConfig: { MaxVCpuCount: provider.vcpusMax, ScalingMode: 'Auto' as const },
    }),
    LastModified: showTime(provider.lastModified),
  }
}
