import type { Operation } from '../../../aws/operation.ts'
import { checkProvider } from '../capacity/checks.ts'
import { changedCapacity } from '../capacity/config.ts'
import { changeFunction, checkRevision } from '../change.ts'
import { changedConfiguration } from '../configuration.ts'
import type { LambdaDeps } from '../deps.ts'
import { checkDeadLetterTarget } from '../destinations.ts'
import { checkFileSystems } from '../file-system.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { refuseOtherPackageType } from '../image/config.ts'
import { checkUnzippedSize, withLayers } from '../layers/of-function.ts'
import { showVersion } from '../response.ts'
import { checkRole } from '../role.ts'
import { onVersion, refuseChangeOfPinned, versionForUpdate } from '../runtime-management.ts'
import { checkLayersSigned } from '../signing/check.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { refuseUnsupportedSettings } from '../unsupported.ts'
import { refuseWhileUnsettled, updated } from '../versions.ts'

/** Changes what the caller names, and leaves the rest; invocations run as before until it is Successful. */
export const updateFunctionConfiguration: Operation<
  LambdaDeps,
  LambdaInput<'UpdateFunctionConfiguration'>,
  LambdaOutput<'UpdateFunctionConfiguration'>
> = async (deps, input, call) => {
  refuseUnsupportedSettings(input)
  checkFileSystems(deps, input.FileSystemConfigs, call)
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  await checkRole(deps, input.Role)
  await checkDeadLetterTarget(deps, input.DeadLetterConfig?.TargetArn)
  if (input.Layers?.length)
    await checkLayersSigned(deps, await deps.functions.findCodeSigning(key), input.Layers)
  const runtimeVersion = await versionForUpdate(deps, key, input.Runtime)
  const version = await changeFunction(deps, key, async ({ fn, latest }) => {
    refuseChangeOfPinned(latest, input.Runtime)
    refuseOtherPackageType(input, latest.code.image !== undefined)
    const changed = changedConfiguration(latest.configuration, input)
    const capacity = changedCapacity(latest.configuration.capacity, input.CapacityProviderConfig, call)
    const layered = await withLayers(fn, changed, input.Layers, call)
    const configuration = { ...layered, ...(capacity && { capacity }) }
    await checkProvider(fn, key, configuration)
    checkUnzippedSize(latest.code, configuration, deps.limits)
    checkRevision(latest, input.RevisionId)
    refuseWhileUnsettled(latest)
    const step = { now: deps.clock.now(), revisionId: deps.random.uuid() }
    const after = onVersion(updated(latest, { configuration }, step), runtimeVersion)
    await fn.saveVersion(after)
    return after
  })
  deps.settle(version)
  return showVersion(version)
}
