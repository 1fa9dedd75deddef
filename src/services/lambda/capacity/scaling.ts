import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter, notSupported } from '../errors.ts'
import { findVersion } from '../find.ts'
import { functionArn } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { notForDefaultFunctions } from './errors.ts'
import { DEFAULT_SCALING, type Scaling } from './provider.ts'

/** How many environments a version on managed instances has, at least and at most. */
export const putFunctionScalingConfig: Operation<
  LambdaDeps,
  LambdaInput<'PutFunctionScalingConfig'>,
  LambdaOutput<'PutFunctionScalingConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const { version } = await findVersion(deps, { key, qualifier })
  const scaling = readScaling(input.FunctionScalingConfig)
  if (!(await deps.capacity.saveScaling(key, version, scaling)))
    throw notForDefaultFunctions('FunctionScalingConfig')
  return { FunctionState: 'Active' }
}

export const getFunctionScalingConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionScalingConfig'>,
  LambdaOutput<'GetFunctionScalingConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const { version } = await findVersion(deps, { key, qualifier })
  const managed = (await deps.capacity.versionsOf(key)).find((each) => each.version === version)
  if (managed === undefined) throw notForDefaultFunctions('FunctionScalingConfig')
  const { min, max } = managed.scaling ?? DEFAULT_SCALING
  const shown = { MinExecutionEnvironments: min, MaxExecutionEnvironments: max }
  return {
    FunctionArn: functionArn(key, qualifier),
    AppliedFunctionScalingConfig: shown,
    ...(managed.scaling && { RequestedFunctionScalingConfig: shown }),
  }
}

function readScaling(given: LambdaInput<'PutFunctionScalingConfig'>['FunctionScalingConfig']): Scaling {
  const min = given?.MinExecutionEnvironments ?? DEFAULT_SCALING.min
  const max = given?.MaxExecutionEnvironments ?? DEFAULT_SCALING.max
  // On AWS that deactivates the version.
  if (max === 0) throw notSupported('MaxExecutionEnvironments 0')
  if (min > max)
    throw invalidParameter('MinExecutionEnvironments must not be greater than MaxExecutionEnvironments.')
  return { min, max }
}
