import type { FunctionKey } from './function.ts'

/** A function changed, or what it has: its key, as `writeFunctionKey` writes it. */
export const FUNCTION_CHANGED = 'lambda-function'
/** A capacity provider changed: its key, written as a function's. */
export const PROVIDER_CHANGED = 'lambda-provider'
/** A revision was superseded or deleted: its environments take no more invocations. */
export const REVISION_RETIRED = 'lambda-revision'
/** An event source mapping was made, changed, or is to go: its UUID. */
export const MAPPING_CHANGED = 'lambda-mapping'

export function writeFunctionKey({ accountId, region, name }: FunctionKey): string {
  return `${accountId}/${region}/${name}`
}

export function readFunctionKey(text: string): FunctionKey {
  const [accountId = '', region = '', name = ''] = text.split('/')
  return { accountId, region, name }
}
