import { aliasNotFound } from './aliases.ts'
import type { Editing } from './change.ts'
import type { LambdaDeps } from './deps.ts'
import { functionNotFound } from './errors.ts'
import { type FunctionKey, functionArn, isPublished, LATEST } from './function.ts'
import { touched } from './versions.ts'

/** What a policy is of: the function, one version or one alias. Its revision is the policy's, too. */
export interface PolicyTarget {
  readonly revisionId: string
  /** Keeps the target with another revision. */
  readonly touch: (revisionId: string) => Promise<void>
}

/** The target within a transaction; `qualifier` is absent for the function itself. */
export async function policyTarget(
  { fn, latest }: Editing,
  key: FunctionKey,
  qualifier: string | undefined,
): Promise<PolicyTarget> {
  if (qualifier === undefined) return ofVersion(latest)
  if (isPublished(qualifier)) {
    const version = await fn.version(qualifier)
    if (version === undefined) throw functionNotFound(functionArn(key, qualifier))
    return ofVersion(version)
  }
  const alias = await fn.alias(qualifier)
  if (alias === undefined) throw noQualifier(key, qualifier)
  return {
    revisionId: alias.revisionId,
    touch: (revisionId) => fn.saveAlias({ ...alias, revisionId }),
  }

  function ofVersion(version: typeof latest): PolicyTarget {
    return {
      revisionId: version.revisionId,
      touch: (revisionId) => fn.saveVersion(touched(version, revisionId)),
    }
  }
}

/** The target's revision, for reading. */
export async function revisionOf(
  { functions }: Pick<LambdaDeps, 'functions'>,
  key: FunctionKey,
  qualifier: string | undefined,
): Promise<string> {
  if (qualifier === undefined || isPublished(qualifier)) {
    const version = await functions.findVersion(key, qualifier ?? LATEST)
    if (version === undefined) throw functionNotFound(functionArn(key, qualifier))
    return version.revisionId
  }
  const alias = await functions.findAlias(key, qualifier)
  if (alias === undefined) throw noQualifier(key, qualifier)
  return alias.revisionId
}

/** AWS's words differ for what could be an alias and what could not. */
function noQualifier(key: FunctionKey, qualifier: string) {
  return qualifier.includes('$')
    ? functionNotFound(functionArn(key, qualifier))
    : aliasNotFound(key, qualifier)
}
