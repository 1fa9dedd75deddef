import type { Configuration, FunctionKey } from '../function.ts'
import type { FunctionEditor } from '../store.ts'
import { providerNotFound } from './errors.ts'
import { providerArn } from './provider.ts'

/** The provider that a function names must be there, and stays for as long as the function has it. */
export async function checkProvider(
  fn: FunctionEditor,
  { accountId, region }: FunctionKey,
  { capacity }: Configuration,
): Promise<void> {
  if (capacity === undefined) return
  const found = await fn.capacityProvider(capacity.provider)
  if (found === undefined) throw providerNotFound(providerArn({ accountId, region, name: capacity.provider }))
}
