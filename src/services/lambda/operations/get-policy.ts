import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { nothingThere } from '../errors.ts'
import { findFunction } from '../find.ts'
import { isPublished, LATEST } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { policyText } from '../policy.ts'
import { revisionOf } from '../policy-target.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** The revision is that of what the policy is of: adding a statement changes both. */
export const getPolicy: Operation<LambdaDeps, LambdaInput<'GetPolicy'>, LambdaOutput<'GetPolicy'>> = async (
  deps,
  input,
  call,
) => {
  const { key, qualifier } = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  await findFunction(deps, key)
  const statements = await deps.functions.findPolicy(key, qualifier ?? '')
  const isEmpty = statements.length === 0
  // Of a version that is not there AWS says no more than of one without a policy.
  if (isEmpty && qualifier !== undefined && isPublished(qualifier)) throw nothingThere()
  const revisionId = await revisionOf(deps, key, qualifier === LATEST ? undefined : qualifier)
  if (isEmpty) throw nothingThere()
  return { Policy: policyText(statements), RevisionId: revisionId }
}
