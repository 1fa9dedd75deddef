import { functionNotFound, invalidParameter, notSupported, resourceNotFound } from './errors.ts'
import { type FunctionKey, functionArn, LATEST, type StoredAlias } from './function.ts'
import type { FunctionEditor } from './store.ts'
import type { LambdaInput } from './types.ts'

type RoutingInput = LambdaInput<'CreateAlias'>['RoutingConfig']

/** What GetAlias and the like answer; UpdateAlias has a text of its own. */
export function aliasNotFound(key: FunctionKey, alias: string) {
  return resourceNotFound(`Cannot find alias arn: ${functionArn(key, alias)}`)
}

/** The second version and its weight, where one is named. */
export function readRouting(routing: RoutingInput): StoredAlias['routing'] {
  const entries = Object.entries(routing?.AdditionalVersionWeights ?? {})
  const [entry] = entries
  if (entries.length > 1) throw tooManyVersions()
  return entry === undefined ? undefined : { version: entry[0], weight: entry[1] }
}

/** Refuses an alias that leads to versions that are not there, or that may not share it. */
export async function checkTargets(
  fn: FunctionEditor,
  key: FunctionKey,
  { version, routing }: Pick<StoredAlias, 'version' | 'routing'>,
): Promise<void> {
  // Of functions with a capacity provider.
  if (version === '$LATEST.PUBLISHED') throw notSupported('FunctionVersion $LATEST.PUBLISHED')
  if (routing !== undefined && version === LATEST) throw latestIsAlone()
  if (routing?.version === version) throw sameVersion(version)
  for (const target of routing === undefined ? [version] : [version, routing.version]) {
    if ((await fn.version(target)) === undefined) throw functionNotFound(functionArn(key, target))
  }
}

function tooManyVersions() {
  return invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1')
}

function sameVersion(version: string) {
  return invalidParameter(
    `Invalid function version ${version}. ` +
      `Function version ${version} is already included in routing configuration.`,
  )
}

function latestIsAlone() {
  return invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version')
}
