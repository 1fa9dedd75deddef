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
  if (qualifier !== undefined && isPublished(qualifier)) {
    // Of a version that is not there AWS says no more than of one without a policy.
    if ((await deps.functions.findVersion(key, qualifier)) === undefined) throw nothingThere()
  }
  const revisionId = await revisionOf(deps, key, qualifier === LATEST ? undefined : qualifier)
  const statements = await deps.functions.findPolicy(key, qualifier ?? '')
  if (statements.length === 0) throw nothingThere()
  return { Policy: policyText(statements), RevisionId: revisionId }
}
