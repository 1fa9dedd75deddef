import type { InvokeRequest } from '../../invoke/invoke.ts'
import type { FunctionDirectory, ResolvedFunction } from './directory.ts'
import type { Scope } from './function.ts'

/** What a function may use just now of its account's concurrency, `concurrency` in all. */
export function limitsOf(
  { directory, concurrency }: { readonly directory: FunctionDirectory; readonly concurrency: number },
  { reservedConcurrency }: ResolvedFunction,
  scope: Scope,
): InvokeRequest['limits'] {
  return { reserved: reservedConcurrency, unreserved: concurrency - directory.reservedTotal(scope) }
}
