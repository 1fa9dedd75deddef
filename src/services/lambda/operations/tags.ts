import { parseArn } from '../../../aws/arn.ts'
import type { Operation } from '../../../aws/operation.ts'
import { changeFunction } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter, resourceNotFound } from '../errors.ts'
import { findFunction } from '../find.ts'
import type { FunctionKey, Scope } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { withTags } from '../tags.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

export const tagResource: Operation<
  LambdaDeps,
  LambdaInput<'TagResource'>,
  LambdaOutput<'TagResource'>
> = async (deps, input, call) => {
  const key = readTaggable(input.Resource ?? '', call)
  const added = input.Tags ?? {}
  if (Object.keys(added).length === 0) throw nothingToTag()
  await changeFunction(deps, key, ({ fn, head }) => fn.save({ ...head, tags: withTags(head.tags, added) }))
  return {}
}

export const untagResource: Operation<
  LambdaDeps,
  LambdaInput<'UntagResource'>,
  LambdaOutput<'UntagResource'>
> = async (deps, input, call) => {
  const key = readTaggable(input.Resource ?? '', call)
  const removed = new Set(input.TagKeys)
  if (removed.size === 0) throw nothingToTag()
  await changeFunction(deps, key, ({ fn, head }) => {
    const left = Object.entries(head.tags).filter(([name]) => !removed.has(name))
    return fn.save({ ...head, tags: Object.fromEntries(left) })
  })
  return {}
}

export const listTags: Operation<LambdaDeps, LambdaInput<'ListTags'>, LambdaOutput<'ListTags'>> = async (
  deps,
  input,
  call,
) => {
  const head = await findFunction(deps, readTaggable(input.Resource ?? '', call))
  return { Tags: { ...head.tags } }
}

/** The function that an ARN names. Of the other things that have tags on AWS there are none here yet. */
function readTaggable(resource: string, scope: Scope): FunctionKey {
  const [kind] = parseArn(resource)?.resource.split(':') ?? []
  if (kind === 'event-source-mapping') throw resourceNotFound(`Event source mapping not found: ${resource}`)
  if (kind === 'capacity-provider') throw resourceNotFound(`Capacity provider not found: ${resource}`)
  if (kind === 'code-signing-config') throw noCodeSigningConfig(resource)
  const { key, qualifier } = readFunctionName(resource, scope)
  if (qualifier !== undefined) throw functionsOnly()
  return key
}

function noCodeSigningConfig(arn: string) {
  return resourceNotFound(`The Lambda code signing configuration ${arn} can not be found.`)
}

function functionsOnly() {
  return invalidParameter(
    'Tags on function aliases and versions are not supported. Please specify a function ARN.',
  )
}

function nothingToTag() {
  return invalidParameter('An error occurred and the request cannot be processed.')
}
