import type { Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import { findTaggable } from '../taggable.ts'
import { withTags } from '../tags.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

export const tagResource: Operation<
  LambdaDeps,
  LambdaInput<'TagResource'>,
  LambdaOutput<'TagResource'>
> = async (deps, input, call) => {
  const resource = findTaggable(deps, input.Resource ?? '', call)
  const added = input.Tags ?? {}
  if (Object.keys(added).length === 0) throw nothingToTag()
  await resource.change((tags) => withTags(tags, added))
  return {}
}

export const untagResource: Operation<
  LambdaDeps,
  LambdaInput<'UntagResource'>,
  LambdaOutput<'UntagResource'>
> = async (deps, input, call) => {
  const resource = findTaggable(deps, input.Resource ?? '', call)
  const removed = new Set(input.TagKeys)
  if (removed.size === 0) throw nothingToTag()
  await resource.change((tags) =>
    Object.fromEntries(Object.entries(tags).filter(([name]) => !removed.has(name))),
  )
  return {}
}

export const listTags: Operation<LambdaDeps, LambdaInput<'ListTags'>, LambdaOutput<'ListTags'>> = async (
  deps,
  input,
  call,
) => ({ Tags: { ...(await findTaggable(deps, input.Resource ?? '', call).read()) } })

function nothingToTag() {
  return invalidParameter('An error occurred and the request cannot be processed.')
}
