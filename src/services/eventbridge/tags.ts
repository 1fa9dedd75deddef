import { parseArn } from '../../aws/arn.ts'
import { busOfArn, DEFAULT_BUS } from './bus.ts'
import { invalidParameter, limitExceeded, resourceNotFound, validationError } from './errors.ts'
import type { Scope, Tags } from './scope.ts'

interface Tag {
  readonly Key: string | undefined
  readonly Value: string | undefined
}

const TAGS_MAX = 50

export function tagsFrom(tags: readonly Tag[] | undefined): Tags {
  const found = Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
  if (Object.keys(found).some((key) => key.toLowerCase().startsWith('aws:'))) {
    throw validationError('aws: prefixed tag key names are not allowed for external use.')
  }
  if (Object.keys(found).length > TAGS_MAX) throw limitExceeded()
  return found
}

export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** The bus or rule that an ARN names. */
export function taggedResource(
  text: string,
  caller: Scope,
):
  | { readonly kind: 'bus'; readonly name: string }
  | { readonly kind: 'rule'; readonly name: string; readonly bus: string } {
  const arn = parseArn(text)
  const isOurs =
    arn?.service === 'events' && arn.accountId === caller.accountId && arn.region === caller.region
  if (!isOurs) throw invalidParameter('ResourceARN', 'Provided Arn is not in correct format.')
  const bus = busOfArn(text)
  if (bus !== undefined) return { kind: 'bus', name: bus.name }
  const [kind, ...names] = arn.resource.split('/')
  const name = names.pop()
  if (kind !== 'rule' || name === undefined) throw resourceNotFound(text)
  return { kind: 'rule', name, bus: names.join('/') || DEFAULT_BUS }
}
