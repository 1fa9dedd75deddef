import type { Operation } from '../../../aws/operation.ts'
import { checkTargets, readRouting } from '../aliases.ts'
import { changeFunction } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { resourceConflict } from '../errors.ts'
import { functionArn, type StoredAlias } from '../function.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { showAlias } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

export const createAlias: Operation<
  LambdaDeps,
  LambdaInput<'CreateAlias'>,
  LambdaOutput<'CreateAlias'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const routing = readRouting(input.RoutingConfig)
  const alias: StoredAlias = {
    ...key,
    alias: input.Name ?? '',
    version: input.FunctionVersion ?? '',
    description: input.Description ?? '',
    revisionId: deps.random.uuid(),
    ...(routing && { routing }),
  }
  await changeFunction(
    deps,
    key,
    async ({ fn }) => {
      if ((await fn.alias(alias.alias)) !== undefined) throw aliasExists(alias)
      await checkTargets(fn, key, alias)
      await fn.saveAlias(alias)
    },
    functionArn(key, alias.version),
  )
  return showAlias(alias)
}

function aliasExists(alias: StoredAlias) {
  return resourceConflict(`Alias already exists: ${functionArn(alias, alias.alias)}`)
}
