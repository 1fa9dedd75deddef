import type { Operation } from '../../../aws/operation.ts'
import { changeFunction, retiredBy } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { functionNotFound, notSupported } from '../errors.ts'
import { findVersion } from '../find.ts'
import { functionArn, type StoredVersion } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { runtimeVersionArn } from '../runtime.ts'
import { readManagement } from '../runtime-management.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { refuseWhileUnsettled, settled } from '../versions.ts'

/** Environments of another interpreter's version are let go. */
export const putRuntimeManagementConfig: Operation<
  LambdaDeps,
  LambdaInput<'PutRuntimeManagementConfig'>,
  LambdaOutput<'PutRuntimeManagementConfig'>
> = async (deps, input, call) => {
  const reference = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const asked = await findVersion(deps, reference)
  if (input.UpdateRuntimeOn !== 'Auto' && !hasManagedRuntime(asked))
    throw notSupported(`UpdateRuntimeOn ${input.UpdateRuntimeOn} for functions that bring their own runtime`)
  const runtimeManagement = await readManagement(deps, input, asked)

  const after = await changeFunction(deps, reference.key, async ({ fn }) => {
    const before = await fn.version(asked.version)
    if (before === undefined) throw functionNotFound(functionArn(reference.key, asked.version))
    refuseWhileUnsettled(before)
    const step = { revisionId: deps.random.uuid(), revision: deps.random.uuid() }
    const changed = { ...before, runtimeManagement }
    const version =
      before.state === 'Active' ? settled(changed, step) : { ...changed, revisionId: step.revisionId }
    await fn.saveVersion(version)
    await fn.retire(retiredBy(before, version))
    return version
  })
  return show(after)
}

export const getRuntimeManagementConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetRuntimeManagementConfig'>,
  LambdaOutput<'GetRuntimeManagementConfig'>
> = async (deps, input, call) =>
  show(await findVersion(deps, readFunctionName(input.FunctionName ?? '', call, input.Qualifier)))

function show(version: StoredVersion): LambdaOutput<'PutRuntimeManagementConfig'> {
  const { mode = 'Auto', version: pinned } = version.runtimeManagement ?? {}
  const arn = runtimeVersionArn(version.configuration.runtime, version.region, pinned)
  return {
    UpdateRuntimeOn: mode,
    FunctionArn: functionArn(version, version.version),
    ...(mode === 'Manual' && { RuntimeVersionArn: arn }),
  } as LambdaOutput<'PutRuntimeManagementConfig'>
}

function hasManagedRuntime({ code, configuration }: StoredVersion): boolean {
  return code.image === undefined && !configuration.runtime.startsWith('provided')
}
