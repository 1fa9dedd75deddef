import type { Operation } from '../../../aws/operation.ts'
import { checkTargets, readRouting } from '../aliases.ts'
import { changeFunction, checkRevision } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { resourceNotFound } from '../errors.ts'
import { functionArn, type StoredAlias } from '../function.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { checkMove } from '../provisioned/checks.ts'
import { showAlias } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** Changes what the caller names. A RoutingConfig without weights takes the second version away. */
export const updateAlias: Operation<
  LambdaDeps,
  LambdaInput<'UpdateAlias'>,
  LambdaOutput<'UpdateAlias'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const name = input.Name ?? ''
  const alias = await changeFunction(deps, key, async ({ fn }) => {
    const current = await fn.alias(name)
    if (current === undefined) throw resourceNotFound(`Alias not found: ${functionArn(key, name)}`)
    checkRevision(current, input.RevisionId)
    const after = changed(current, input, deps.random.uuid())
    await checkTargets(fn, key, after)
    await checkMove({ fn }, after)
    await fn.saveAlias(after)
    return after
  })
  return showAlias(alias)
}

function changed(current: StoredAlias, input: LambdaInput<'UpdateAlias'>, revisionId: string): StoredAlias {
  const { routing: before, ...rest } = current
  const routing = input.RoutingConfig === undefined ? before : readRouting(input.RoutingConfig)
  return {
    ...rest,
    version: input.FunctionVersion ?? current.version,
    description: input.Description ?? current.description,
    revisionId,
    ...(routing && { routing }),
  }
}
