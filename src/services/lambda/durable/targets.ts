import type { Scope, Target } from '../../../invoke/durable/deps.ts'
import type { FunctionDirectory } from '../directory.ts'

/** What executions ask of the control plane: what a function's name leads to. */
export function resolveTargets(
  directory: FunctionDirectory,
  concurrency: number,
): (scope: Scope, functionName: string, qualifier?: string) => Promise<Target> {
  return async (scope, functionName, qualifier) => {
    const resolved = await directory.resolve(scope, functionName, qualifier)
    const { fn, invokedFunctionArn, isQualified, durable, reservedConcurrency, recursiveLoop } = resolved
    const unreserved = concurrency - directory.reservedTotal(scope)
    return {
      fn,
      invokedFunctionArn,
      isQualified,
      durable,
      ...(recursiveLoop && { recursiveLoop }),
      limits: { reserved: reservedConcurrency, unreserved },
    }
  }
}
