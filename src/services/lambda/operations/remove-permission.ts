import type { Operation } from '../../../aws/operation.ts'
import { changeFunction, checkRevision } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { noPolicy, noPolicyFor, noStatement } from '../errors.ts'
import { functionArn, LATEST } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { policyTarget } from '../policy-target.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

export const removePermission: Operation<
  LambdaDeps,
  LambdaInput<'RemovePermission'>,
  LambdaOutput<'RemovePermission'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  const sid = input.StatementId ?? ''
  if ((await deps.functions.find(key)) === undefined) throw noPolicyFor(functionArn(key, qualifier))
  await changeFunction(
    deps,
    key,
    async (editing) => {
      if (qualifier === LATEST) throw noPolicy()
      const target = await policyTarget(editing, key, qualifier)
      const statements = await editing.fn.policy(qualifier ?? '')
      if (statements.length === 0) throw noPolicy()
      const left = statements.filter(({ Sid }) => Sid !== sid)
      if (left.length === statements.length) throw noStatement(sid)
      checkRevision(target, input.RevisionId)
      await editing.fn.savePolicy(qualifier ?? '', left)
      await target.touch(deps.random.uuid())
    },
    functionArn(key, qualifier),
  )
  return {}
}
