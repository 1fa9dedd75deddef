import type { LambdaDeps } from './deps.ts'
import { codeStorageExceeded } from './errors.ts'
import type { FunctionEditor } from './store.ts'

/** Refuses where `more` bytes of zips, beside those that are kept, would be more than the account may have. */
export async function checkCodeStorage(
  { limits }: Pick<LambdaDeps, 'limits'>,
  fn: FunctionEditor,
  more: number,
): Promise<void> {
  const { codeBytes } = await fn.usage()
  if (codeBytes + more > limits.totalCodeBytes) throw codeStorageExceeded()
}
