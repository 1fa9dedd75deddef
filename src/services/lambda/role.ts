import type { LambdaDeps } from './deps.ts'
import { invalidParameter } from './errors.ts'

/** Where callers are verified a function's role must be there, and let Lambda assume it; elsewhere any name does. */
export async function checkRole({ isAssumableRole }: LambdaDeps, arn: string | undefined): Promise<void> {
  if (arn === undefined || isAssumableRole === undefined) return
  if (!(await isAssumableRole(arn))) {
    throw invalidParameter('The role defined for the function cannot be assumed by Lambda.')
  }
}
