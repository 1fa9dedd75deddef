import type { Operation } from '../../../aws/operation.ts'
import { changeFunction, checkRevision } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { latestHasNoPolicy, statementExists } from '../errors.ts'
import { functionArn, LATEST } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { policyText, toStatement } from '../policy.ts'
import { policyTarget } from '../policy-target.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** Adds a statement to the policy of a function, a version or an alias: each has its own. */
export const addPermission: Operation<
  LambdaDeps,
  LambdaInput<'AddPermission'>,
  LambdaOutput<'AddPermission'>
> = async (deps, input, call) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  if (qualifier === LATEST) throw latestHasNoPolicy()
  const statement = toStatement(input, functionArn(key, qualifier))

  await changeFunction(
    deps,
    key,
    async (editing) => {
      const target = await policyTarget(editing, key, qualifier)
      checkRevision(target, input.RevisionId)
      const statements = await editing.fn.policy(qualifier ?? '')
      if (statements.some(({ Sid }) => Sid === statement.Sid)) throw statementExists(input.StatementId ?? '')
      const after = [...statements, statement]
      policyText(after)
      await editing.fn.savePolicy(qualifier ?? '', after)
      await target.touch(deps.random.uuid())
    },
    functionArn(key, qualifier),
  )
  return { Statement: JSON.stringify(statement) }
}
