import type { Call, Operation } from '../../../aws/operation.ts'
import { changeFunction, checkRevision } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { latestHasNoPolicy, noPolicy, nothingThere } from '../errors.ts'
import { functionArn, LATEST } from '../function.ts'
import { type FunctionReference, readFunctionName } from '../function-name.ts'
import { policyText } from '../policy.ts'
import { readPolicy } from '../policy-document.ts'
import { policyTarget, revisionOf } from '../policy-target.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

// The policies that AddPermission makes statement by statement, as a whole. Statements may deny here, too.

/** Replaces the policy of a function, a version or an alias. */
export const putResourcePolicy: Operation<
  LambdaDeps,
  LambdaInput<'PutResourcePolicy'>,
  LambdaOutput<'PutResourcePolicy'>
> = async (deps, input, call) => {
  const { key, qualifier } = readResource(input, call)
  const statements = readPolicy(input.Policy ?? '', functionArn(key, qualifier))
  const RevisionId = deps.random.uuid()
  await changeFunction(
    deps,
    key,
    async (editing) => {
      const target = await policyTarget(editing, key, qualifier)
      checkRevision(target, input.RevisionId, 'GetPolicy')
      await editing.fn.savePolicy(qualifier ?? '', statements)
      await target.touch(RevisionId)
    },
    functionArn(key, qualifier),
  )
  return { Policy: policyText(statements), RevisionId }
}

export const getResourcePolicy: Operation<
  LambdaDeps,
  LambdaInput<'GetResourcePolicy'>,
  LambdaOutput<'GetResourcePolicy'>
> = async (deps, input, call) => {
  const { key, qualifier } = readResource(input, call)
  const RevisionId = await revisionOf(deps, key, qualifier)
  const statements = await deps.functions.findPolicy(key, qualifier ?? '')
  if (statements.length === 0) throw nothingThere()
  return { Policy: policyText(statements), RevisionId }
}

export const deleteResourcePolicy: Operation<
  LambdaDeps,
  LambdaInput<'DeleteResourcePolicy'>,
  LambdaOutput<'DeleteResourcePolicy'>
> = async (deps, input, call) => {
  const { key, qualifier } = readResource(input, call)
  await changeFunction(
    deps,
    key,
    async (editing) => {
      const target = await policyTarget(editing, key, qualifier)
      if ((await editing.fn.policy(qualifier ?? '')).length === 0) throw noPolicy()
      checkRevision(target, input.RevisionId, 'GetPolicy')
      await editing.fn.savePolicy(qualifier ?? '', [])
      await target.touch(deps.random.uuid())
    },
    functionArn(key, qualifier),
  )
  return {}
}

function readResource(
  { ResourceArn = '' }: { ResourceArn: string | undefined },
  call: Call,
): FunctionReference {
  const reference = readFunctionName(ResourceArn, call)
  if (reference.qualifier === LATEST) throw latestHasNoPolicy()
  return reference
}
