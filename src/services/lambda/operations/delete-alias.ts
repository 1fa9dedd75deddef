import type { Operation } from '../../../aws/operation.ts'
import { changeFunction } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { readUnqualifiedName } from '../function-name.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** An alias that is not there counts as deleted: AWS answers 204. All that is of it alone goes with it. */
export const deleteAlias: Operation<
  LambdaDeps,
  LambdaInput<'DeleteAlias'>,
  LambdaOutput<'DeleteAlias'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const name = input.Name ?? ''
  await changeFunction(deps, key, async ({ fn }) => {
    await fn.deleteAlias(name)
    await fn.savePolicy(name, [])
    await fn.deleteEventConfig(name)
    await fn.deleteUrl(name)
    await fn.deleteProvisioned(name)
  })
  return {}
}
