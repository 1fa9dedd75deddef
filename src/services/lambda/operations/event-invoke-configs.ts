import type { Operation } from '../../../aws/operation.ts'
import { changeFunction, type Editing } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { checkDestinations } from '../destinations.ts'
import { invalidParameter, resourceNotFound } from '../errors.ts'
import { type EventConfig, type FunctionKey, functionArn, isVersionNumber, LATEST } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { readPage } from '../paging.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

// How events for a function, one version or one alias are treated: each has its own, and none has another's
// (AWS Lambda API Reference, "PutFunctionEventInvokeConfig" and its neighbours).

type PutInput = LambdaInput<'PutFunctionEventInvokeConfig'>
type Shown = LambdaOutput<'GetFunctionEventInvokeConfig'>

/** Replaces what was set before: what is not named is AWS's default again. */
export const putFunctionEventInvokeConfig: Operation<LambdaDeps, PutInput, Shown> = async (
  deps,
  input,
  call,
) => {
  refuseNothing(input)
  const { key, qualifier = LATEST } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  await refuseMissing(deps, key)
  const given = readConfig(input)
  await checkDestinations(deps, key, given)
  return changeFunction(deps, key, async (editing) => {
    await refuseMissingQualifier(editing, qualifier)
    const config = { qualifier, lastModified: deps.clock.now(), ...given }
    await editing.fn.saveEventConfig(config)
    return show(key, config)
  })
}

/** Changes what is named, and leaves the rest. */
export const updateFunctionEventInvokeConfig: Operation<
  LambdaDeps,
  LambdaInput<'UpdateFunctionEventInvokeConfig'>,
  Shown
> = async (deps, input, call) => {
  refuseNothing(input)
  const { key, qualifier = LATEST } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  await refuseMissing(deps, key)
  const given = readConfig(input)
  await checkDestinations(deps, key, given)
  return changeFunction(deps, key, async (editing) => {
    await refuseMissingQualifier(editing, qualifier)
    const before = await editing.fn.eventConfig(qualifier)
    if (before === undefined) throw noConfig(key, qualifier)
    const { onSuccess: _, onFailure: __, ...withoutDestinations } = before
    const kept = input.DestinationConfig === undefined ? before : withoutDestinations
    const config = { ...kept, lastModified: deps.clock.now(), ...given }
    await editing.fn.saveEventConfig(config)
    return show(key, config)
  })
}

export const getFunctionEventInvokeConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionEventInvokeConfig'>,
  Shown
> = async (deps, input, call) => {
  const { key, qualifier = LATEST } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const config = await deps.functions.findEventConfig(key, qualifier)
  if (config === undefined) throw noConfig(key, qualifier)
  return show(key, config)
}

export const deleteFunctionEventInvokeConfig: Operation<
  LambdaDeps,
  LambdaInput<'DeleteFunctionEventInvokeConfig'>,
  LambdaOutput<'DeleteFunctionEventInvokeConfig'>
> = async (deps, input, call) => {
  const { key, qualifier = LATEST } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  if ((await deps.functions.findEventConfig(key, qualifier)) === undefined) throw noConfig(key, qualifier)
  await changeFunction(deps, key, ({ fn }) => fn.deleteEventConfig(qualifier))
  return {}
}

export const listFunctionEventInvokeConfigs: Operation<
  LambdaDeps,
  LambdaInput<'ListFunctionEventInvokeConfigs'>,
  LambdaOutput<'ListFunctionEventInvokeConfigs'>
> = async (deps, input, call) => {
  const { key } = readFunctionName(input.FunctionName ?? '', call)
  await refuseMissing(deps, key)
  const { items, next } = await readPage(
    input,
    1,
    (page) => deps.functions.listEventConfigs(key, page),
    ({ qualifier }) => [qualifier],
  )
  return { FunctionEventInvokeConfigs: items.map((config) => show(key, config)), ...next }
}

function readConfig(input: PutInput): Omit<EventConfig, 'qualifier' | 'lastModified'> {
  const { MaximumRetryAttempts: retriesMax, MaximumEventAgeInSeconds: ageMaxSeconds } = input
  const onSuccess = input.DestinationConfig?.OnSuccess?.Destination
  const onFailure = input.DestinationConfig?.OnFailure?.Destination
  return {
    ...(retriesMax !== undefined && { retriesMax }),
    ...(ageMaxSeconds !== undefined && { ageMaxSeconds }),
    ...(onSuccess && { onSuccess }),
    ...(onFailure && { onFailure }),
  }
}

function show(key: FunctionKey, config: EventConfig): Shown {
  const { retriesMax, ageMaxSeconds, onSuccess, onFailure } = config
  return {
    LastModified: new Date(config.lastModified),
    FunctionArn: functionArn(key, config.qualifier),
    ...(retriesMax !== undefined && { MaximumRetryAttempts: retriesMax }),
    ...(ageMaxSeconds !== undefined && { MaximumEventAgeInSeconds: ageMaxSeconds }),
    DestinationConfig: {
      OnSuccess: { ...(onSuccess && { Destination: onSuccess }) },
      OnFailure: { ...(onFailure && { Destination: onFailure }) },
    },
  }
}

async function refuseMissing({ functions }: LambdaDeps, key: FunctionKey): Promise<void> {
  if ((await functions.find(key)) === undefined) throw noFunction()
}

async function refuseMissingQualifier({ fn }: Editing, qualifier: string): Promise<void> {
  const isVersion = qualifier === LATEST || isVersionNumber(qualifier)
  const found = isVersion ? await fn.version(qualifier) : await fn.alias(qualifier)
  if (found === undefined) throw noFunction()
}

function refuseNothing(input: PutInput): void {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = input
  if (MaximumRetryAttempts !== undefined || MaximumEventAgeInSeconds !== undefined) return
  if (DestinationConfig !== undefined) return
  throw invalidParameter('You must specify at least one of error handling or destination setting.')
}

function noFunction() {
  return resourceNotFound("The function doesn't exist.")
}

function noConfig(key: FunctionKey, qualifier: string) {
  return resourceNotFound(`The function ${functionArn(key, qualifier)} doesn't have an EventInvokeConfig`)
}
