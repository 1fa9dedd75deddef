import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { StsDeps } from './deps.ts'
import { assumeRole } from './operations/assume-role.ts'
import { getCallerIdentity } from './operations/get-caller-identity.ts'
import type { StsOperationName } from './types.ts'

/** Every operation of the STS API that we answer. */
export const stsOperations = {
  AssumeRole: assumeRole,
  GetCallerIdentity: getCallerIdentity,
} satisfies Partial<Record<StsOperationName, Operation<StsDeps, never, unknown>>>

export function createStsOperations(deps: StsDeps): Record<keyof typeof stsOperations, BoundOperation> {
  return bindOperations(stsOperations, deps)
}
