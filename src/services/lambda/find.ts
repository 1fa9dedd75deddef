import type { LambdaDeps } from './deps.ts'
import { functionNotFound } from './errors.ts'
import {
  type FunctionKey,
  functionArn,
  isPublished,
  LATEST,
  type StoredFunction,
  type StoredVersion,
} from './function.ts'
import type { FunctionReference } from './function-name.ts'

type Reads = Pick<LambdaDeps, 'functions'>

export async function findFunction({ functions }: Reads, key: FunctionKey): Promise<StoredFunction> {
  const found = await functions.find(key)
  if (found === undefined) throw functionNotFound(functionArn(key))
  return found
}

/** The version that a reference leads to: of an alias the one that it points to. */
export async function findVersion(
  { functions }: Reads,
  { key, qualifier }: FunctionReference,
): Promise<StoredVersion> {
  const version = await followAlias({ functions }, key, qualifier ?? LATEST)
  const found = version === undefined ? undefined : await functions.findVersion(key, version)
  if (found === undefined) throw functionNotFound(functionArn(key, qualifier))
  return found
}

async function followAlias({ functions }: Reads, key: FunctionKey, qualifier: string) {
  if (qualifier === LATEST || isPublished(qualifier)) return qualifier
  return (await functions.findAlias(key, qualifier))?.version
}
