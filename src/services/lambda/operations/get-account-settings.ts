import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** The account's limits in the region, and what it uses of them now. */
export const getAccountSettings: Operation<
  LambdaDeps,
  LambdaInput<'GetAccountSettings'>,
  LambdaOutput<'GetAccountSettings'>
> = async ({ functions, limits }, _input, call) => {
  const { functionCount, codeBytes } = await functions.usage(call)
  const reserved = await functions.reservedConcurrency(call)
  return {
    AccountLimit: {
      TotalCodeSize: limits.totalCodeBytes,
      CodeSizeUnzipped: limits.unzippedBytes,
      CodeSizeZipped: limits.zippedBytes,
      ConcurrentExecutions: limits.concurrentExecutions,
      UnreservedConcurrentExecutions: limits.concurrentExecutions - reserved,
    },
    AccountUsage: { TotalCodeSize: codeBytes, FunctionCount: functionCount },
  }
}
