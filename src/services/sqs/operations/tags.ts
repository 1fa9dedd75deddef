import type { SqsOperation } from '../deps.ts'
import { findQueue } from '../resolve.ts'
import { badTagKey, checkTags, requireTags } from '../tags.ts'

export const tagQueue: SqsOperation<'TagQueue'> = async (deps, input, call) => {
  const added = requireTags(input.Tags, 'Tags')
  const queue = await findQueue(deps, input.QueueUrl, call, undefined)
  await deps.store.changeQueue(queue.id, ({ tags }) => {
    const after = { ...tags, ...added }
    checkTags(after, queue.name)
    return { tags: after }
  })
  return {}
}

export const untagQueue: SqsOperation<'UntagQueue'> = async (deps, input, call) => {
  const { TagKeys: removed = [] } = input
  if (removed.length === 0) throw badTagKey()
  const queue = await findQueue(deps, input.QueueUrl, call, undefined)
  await deps.store.changeQueue(queue.id, ({ tags }) => ({
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.includes(key))),
  }))
  return {}
}

export const listQueueTags: SqsOperation<'ListQueueTags'> = async (deps, input, call) => {
  const { tags } = await findQueue(deps, input.QueueUrl, call, undefined)
  return Object.keys(tags).length === 0 ? {} : { Tags: { ...tags } }
}
